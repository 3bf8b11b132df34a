"""Reading the addresses of databases. A bad value stops the start with one sentence."""

import re
import warnings
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.shared.owner_only import keep_to_owner

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;",
}
# A process that stands still in a transaction, its host asleep or cut off, must not hold its rows against the others.
# No question of ours is worth being compiled: a search takes longer to compile than to answer.
# What is read by an index lies on no spinning disk: else a page goes through a whole table of half a million rows.
# Who waited for a row reads what the other left there: a stricter isolation, as a role may have, refuses that instead.
ON_POSTGRESQL = {
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",
    "random_page_cost": "1.1",
    "default_transaction_isolation": r"read\ committed",
}
# A machine that is gone does not even refuse.
POSTGRESQL_OPTIONS = {
    "options": " ".join(f"-c {name}={value}" for name, value in ON_POSTGRESQL.items()),
    "connect_timeout": 5,
}
# How many processes share the file is ours to say, and so is what a transaction sees of the others.
OPTIONS_OF_SQLITE = {"timeout"}
OPTIONS_OF_DJANGO = {"assume_role", "prepare_threshold"}
# Of what django-environ takes for settings of Django, whether something stands between us and the server. How requests
# and transactions go together is ours to say.
POOLED = "DISABLE_SERVER_SIDE_CURSORS"
OF_THE_URL = {"ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS"}
OF_TRANSACTIONS = re.compile(r"(?i)(?:default[-_])?transaction[-_](?:isolation|read[-_]only|deferrable)\b")
SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
NUMBERS = {"timeout", "connect_timeout", "prepare_threshold"}
EXPECTED = "must be a database URL such as postgres://user:password@host/name."
ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")


def database(env: environ.Env, name: str, file: Path) -> dict[str, Any]:
    """A Django database from the URL in `name` (SQLite in `file` when unset), ready for several processes."""
    config = _config(env, name, file)
    if config["ENGINE"] not in ENGINES or config["NAME"] in ("", ":memory:"):
        raise ImproperlyConfigured(f"{name} {EXPECTED}")
    _require_known_options(name, config)
    _require_numbers(name, config)
    if "sqlite3" in config["ENGINE"]:
        _require_folder(name, Path(config["NAME"]))
        keep_to_owner(Path(f"{config['NAME']}{suffix}") for suffix in ("", "-wal", "-shm"))
        # Threads live long, and so may their connections: opening SQLite costs as much as a small request.
        options = SQLITE_OPTIONS | config.get("OPTIONS", {})
        engine = "pipelines_portal.shared.sqlite"
        return config | {"ENGINE": engine, "CONN_MAX_AGE": None, "OPTIONS": options, "TEST": {"NAME": f"{file}.test"}}
    config[POOLED] = _is_pooled(name, config)
    engine, options = "pipelines_portal.shared.postgresql", _with_ours(config.get("OPTIONS", {}))
    return config | {"ENGINE": engine, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _config(env: environ.Env, name: str, file: Path) -> dict[str, Any]:
    """As django-environ reads the URL. It warns of what it cannot read; the caller says it in a sentence."""
    url = str(env.str(name, default="")).strip()
    if not url:  # not by way of an address, in which signs of a folder's name mean something
        return {"ENGINE": ENGINES[0], "NAME": str(file)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, TypeError, AttributeError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} {EXPECTED}") from error
    return {"ENGINE": "", "NAME": ""} | config


def _require_known_options(name: str, config: dict[str, Any]) -> None:
    """What stands behind the question mark: drivers take what they do not know for a fault of the program."""
    is_sqlite = "sqlite3" in config["ENGINE"]
    known = OPTIONS_OF_SQLITE if is_sqlite else _options_of_postgresql()
    given = [*config.get("OPTIONS", {}), *(option.lower() for option in config.keys() - OF_THE_URL)]
    asked = OF_TRANSACTIONS.findall(str(config.get("OPTIONS", {}).get("options", "")))
    if unknown := [*(option for option in given if option not in known), *asked]:
        kind = "SQLite" if is_sqlite else "PostgreSQL"
        raise ImproperlyConfigured(
            f"{name} has an option that is not for {kind} here: {unknown[0]}. Leave it out, or correct its name."
        )


def _require_numbers(name: str, config: dict[str, Any]) -> None:
    """What drivers compare without a look at it. All else they refuse in words of their own."""
    for option, given in config.get("OPTIONS", {}).items():
        if option in NUMBERS and (not isinstance(given, int | float) or isinstance(given, bool)):
            raise ImproperlyConfigured(f"{name} has an option that must be a number: {option}.")


def _options_of_postgresql() -> set[str]:
    from psycopg.pq import Conninfo

    return {option.keyword.decode() for option in Conninfo.get_defaults()} | OPTIONS_OF_DJANGO | {POOLED.lower()}


def _is_pooled(name: str, config: dict[str, Any]) -> bool:
    """django-environ reads the word `false` as a text, which is true."""
    word = str(config.get(POOLED, "off")).lower()
    if word not in SWITCH:
        raise ImproperlyConfigured(f"{name} has an option that must be true or false: {POOLED.lower()}.")
    return SWITCH[word]


def _with_ours(given: dict[str, Any]) -> dict[str, Any]:
    """What somebody asks of a session comes behind what we ask of it: it wins where both say something."""
    asked = f"{POSTGRESQL_OPTIONS['options']} {given.get('options', '')}".strip()
    return POSTGRESQL_OPTIONS | given | {"options": asked}


def _require_folder(name: str, file: Path) -> None:
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise ImproperlyConfigured(f"{name} must name a file in a folder that is there: {file} is none.")
