"""What all programs stand on, loaded once before they part: its memory is shared, its time is spent once."""

import gc
from importlib import import_module

# Of each the module that brings most along. Nothing here reads settings: each program has its own.
LIBRARIES = (
    "django_tasks_db.utils",
    "django.core.servers.basehttp",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.contrib.auth.apps",
    "django.contrib.messages.storage.fallback",
    "requests",
    "limits",
    "pydantic.dataclasses",
    "pydantic.networks",
    "cryptography.fernet",
    "waitress.server",
    "whitenoise.middleware",
    "csp.middleware",
    "environ",
)


def load() -> None:
    """The collector would write into all that it looks at: it is told never to look at this again."""
    gc.disable()
    for name in LIBRARIES:
        import_module(name)
    gc.freeze()
    gc.enable()
