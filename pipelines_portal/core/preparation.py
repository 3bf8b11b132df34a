"""Preparation of a program's database and static files, and the check that it was done."""

import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from pipelines_portal.core.database_errors import is_away, is_full
from pipelines_portal.core.prepared import wipe_metrics

BEHIND = "The database lacks migrations of this version: run `manage.py prepare`."
OLDER = (
    "The database was made by an earlier development version (it has the migration {}). "
    "Its contents can't be used. Nothing was started. Move the database file away, or use an empty database."
)


def is_migrated() -> bool:
    """Return True if the database has all migrations."""
    return not missing_migrations()


def missing_migrations() -> set[tuple[str, str]]:
    """Return the app and name of migrations that the database lacks, by their files, which need not be loaded."""
    return {*_migrations()} - set(MigrationRecorder(connection).applied_migrations())


def require_migrated() -> None:
    """Raise CommandError if the database lacks migrations. A worker waits later for one that is away or full now."""
    try:
        refuse_older_database()
        if not is_migrated():
            raise CommandError(BEHIND)
    except (DatabaseError, InterfaceError) as error:
        if not is_away(error) and not is_full(error):
            raise


# Their migrations tell a database of an earlier development version.
FORMER_APPS = {"figures", "imports", "new_task", "saved_keys", "teams"}


def refuse_older_database() -> None:
    """Raise ImproperlyConfigured if the database belongs to an earlier development version.

    Such a database has migrations of a former app, or of one of our apps without its first migration. Migrations of a
    later version are accepted, also those of a new app: during an upgrade, programs of both versions run.
    """
    applied = set(MigrationRecorder(connection).applied_migrations())
    first = {app: name for app, name in _migrations() if name.startswith("0001_")}
    older = [
        (app, name)
        for app, name in applied
        if app in FORMER_APPS or (app in first and (app, first[app]) not in applied)
    ]
    if older:
        raise ImproperlyConfigured(OLDER.format(".".join(min(older))))


def _migrations() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        for module in pkgutil.iter_modules([str(Path(app.path) / "migrations")]):
            if not module.ispkg and module.name[0] not in "_~":
                yield app.label, module.name


def prepare() -> None:
    """Migrate the database and collect static files, before the programs start."""
    refuse_older_database()
    wipe_metrics(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    migrate()
    if settings.STATIC_IS_COLLECTED:
        return
    try:
        call_command("collectstatic", verbosity=0, interactive=False)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The static files could not be collected: {settings.STATIC_ROOT} cannot be written ({error.strerror})."
        ) from error


def migrate() -> None:
    """Migrate the database. Raise CommandError with the cause if a migration fails."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        if isinstance(error, MigrationSchemaMissing) or is_away(error) or is_full(error):
            raise
        failed = next((name for name in _ordered_migrations() if name in missing_migrations()), ("", "unknown"))
        cause = " ".join(str(error).split())
        raise CommandError(
            f"The migration {'.'.join(failed)} failed: {cause}. The migrations before it stay. To go back, install the "
            "earlier version and restore the backup that was made before the upgrade."
        ) from error


def _ordered_migrations() -> list[tuple[str, str]]:
    """Return the migrations in the order in which they are applied."""
    graph = MigrationLoader(None).graph
    return list(dict.fromkeys(step for leaf in graph.leaf_nodes() for step in graph.forwards_plan(leaf)))
