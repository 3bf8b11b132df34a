"""Whether the database is as this version of the program needs it."""

import pkgutil
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.recorder import MigrationRecorder

from pipelines_portal.shared.locked_database import is_away, is_full

BEHIND = "The database lacks migrations of this version: run `manage.py prepare`."


def is_migrated() -> bool:
    """Whether the database says so of every migration there is: to ask it needs none of them loaded."""
    return {*_migrations()} <= set(MigrationRecorder(connection).applied_migrations())


def require_migrated() -> None:
    """For what runs for long: it ends at once, and fails not at each turn. A database that is away is waited
    for, and so is room on its disk.
    """
    try:
        if not is_migrated():
            raise CommandError(BEHIND)
    except (DatabaseError, InterfaceError) as error:
        if not is_away(error) and not is_full(error):
            raise


def _migrations() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        for module in pkgutil.iter_modules([str(Path(app.path) / "migrations")]):
            if not module.ispkg and module.name[0] not in "_~":
                yield app.label, module.name
