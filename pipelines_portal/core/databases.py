"""Reading the URL of a database from the environment. A bad value ends the start with one sentence."""

import warnings
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core.owner_only import keep_to_owner

SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;",
}
# A process that hangs in a transaction must not lock rows for ever. No query of ours is worth being compiled: a search
# takes longer to compile than to run. Indexes lie on no spinning disk: otherwise a page reads a whole large table.
POSTGRESQL_OPTIONS = {
    "options": "-c idle_in_transaction_session_timeout=30s -c jit=off -c random_page_cost=1.1",
    "connect_timeout": 5,
}
EXPECTED = "must be a database URL such as postgres://user:password@host/name."


def database(env: environ.Env, name: str, file: Path) -> dict[str, Any]:
    """Return Django's settings for the URL in `name`, or for SQLite in `file` if there is none."""
    config = _config(env, name, file)
    options = config.get("OPTIONS", {})
    if config["ENGINE"] == POSTGRESQL:
        asked = f"{POSTGRESQL_OPTIONS['options']} {options.get('options', '')}".strip()
        options = POSTGRESQL_OPTIONS | options | {"options": asked}
        return config | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    path = Path(config["NAME"])
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ImproperlyConfigured(f"{name} must name a file in a folder that exists: {path} does not.")
    keep_to_owner(Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm"))
    # Threads live long, and so may their connections: to open SQLite costs as much as a small request.
    return config | {
        "ENGINE": "pipelines_portal.core.sqlite",
        "CONN_MAX_AGE": None,
        "OPTIONS": SQLITE_OPTIONS | options,
        "TEST": {"NAME": f"{file}.test"},
    }


def _config(env: environ.Env, name: str, file: Path) -> dict[str, Any]:
    url = str(env.str(name, default="")).strip()
    if not url:  # not as a URL, in which characters of a folder's name could mean something
        return {"ENGINE": SQLITE, "NAME": str(file)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, TypeError, AttributeError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} {EXPECTED}") from error
    if config.get("ENGINE") not in (SQLITE, POSTGRESQL) or config.get("NAME") in (None, "", ":memory:"):
        raise ImproperlyConfigured(f"{name} {EXPECTED}")
    return config
