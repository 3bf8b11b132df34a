from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MISSING = "{name} is set, and what it needs is not installed: bin/install requirements-observability.txt"


class TracingConfig(AppConfig):
    """Begins when all settings are known and no middleware is loaded yet."""

    name = "pipelines_portal.shared.tracing"

    def ready(self) -> None:
        for setting, module in (("SENTRY_DSN", "errors"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "spans")):
            if getattr(settings, setting):
                _begin(setting, module)


def _begin(setting: str, module: str) -> None:
    try:
        found = import_module(f"{__package__}.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pipelines_portal"):
            raise
        raise ImproperlyConfigured(MISSING.format(name=setting)) from error
    found.begin()
