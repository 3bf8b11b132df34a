"""What a program logs when it starts: a line about itself, wrong lines of .env, and the setup link without accounts."""

import logging

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.module_loading import import_string

from pipelines_portal import __version__
from pipelines_portal.core.environment import BASE_DIR, env_file_text
from pipelines_portal.core.settings_check import check

NAMES = {"portal": "Pipelines Portal", "external_api": "External API"}
logger = logging.getLogger(__name__)


def log_start(what: str) -> None:
    """Log the line. `what` is the address of a web server, or "worker"."""
    mode = "production" if settings.PRODUCTION else "not production"
    name = NAMES[settings.PROGRAM]
    logger.info("%s %s, %s, %s, %s", name, __version__, what, describe_database(), mode)
    if problems := check(env_file_text(BASE_DIR / ".env")).problems:
        logger.warning("The file .env has lines that set nothing: %s", " ".join(problems))
    if settings.AT_START:
        import_string(settings.AT_START)()


def log_setup_link() -> None:
    """Log the link to the form for the first account, if there is none."""
    try:
        link = find_setup_link()
    except (DatabaseError, InterfaceError):  # it is not there yet: /ready says so
        return
    if link:
        logger.info("There are no accounts yet. Create the first one here: %s", link)


def find_setup_link() -> str:
    """Return the setup link, or "" if there are accounts."""
    link: str = import_string(settings.FIRST_START)() if settings.FIRST_START else ""
    return link


def describe_database() -> str:
    """Return the kind and place of the database, without its password."""
    if connection.vendor == "sqlite":
        return f"SQLite {connection.settings_dict['NAME']}"
    place = f"{connection.settings_dict['HOST'] or 'socket'}/{connection.settings_dict['NAME']}"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = str(cursor.fetchone()[0]).split()[0]
    except (DatabaseError, InterfaceError):
        version = "not responding,"
    return f"PostgreSQL {version} {place}"
