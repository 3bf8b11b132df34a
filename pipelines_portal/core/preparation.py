"""Preparation of a program's database and static files, and the check that it was done."""

import hashlib
import os
import pkgutil
from collections.abc import Iterable, Iterator
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
OTHER_TABLES = (
    "The database was made by another development version, whose data these programs can't use. Nothing was changed. "
    "Move DATA_DIR away and keep its secrets, or use an empty database."
)
FIRST = "0001_initial"
# The hashes stand among the applied migrations, as those of an app with this name.
RECORD = "initial_migrations"
PACKAGE = Path(__file__).resolve().parent.parent


def is_migrated() -> bool:
    """Return True if the database has all migrations, and those of these programs."""
    applied = MigrationRecorder(connection).applied_migrations()
    return {*_migrations()} <= applied.keys() and not has_other_tables(applied)


def missing_migrations() -> set[tuple[str, str]]:
    """Return the app and name of migrations that the database lacks, by their files, which need not be loaded."""
    return {*_migrations()} - set(MigrationRecorder(connection).applied_migrations())


def require_migrated() -> None:
    """Raise CommandError if the database lacks migrations. A worker waits later for one that is away or full now."""
    try:
        refuse_other_tables()
        if not is_migrated():
            raise CommandError(BEHIND)
    except (DatabaseError, InterfaceError) as error:
        if not is_away(error) and not is_full(error):
            raise


def refuse_other_tables() -> None:
    """Raise ImproperlyConfigured if the database was not made by the initial migrations of these programs.

    Migrations of a later version are accepted, also those of a new app: during an upgrade, programs of both run.
    """
    if has_other_tables(MigrationRecorder(connection).applied_migrations()):
        raise ImproperlyConfigured(OTHER_TABLES)


def has_other_tables(applied: Iterable[tuple[str, str]]) -> bool:
    """Return True for migrations of a database that other initial migrations made, or that has no record of them."""
    known = set(applied)
    made = {(app, name) for app, name in known if app == RECORD}
    ours = {(RECORD, f"{app} {digest}") for app, digest in initial_migrations().items() if (app, FIRST) in known}
    return bool(known) and (not made or not ours <= made)


def initial_migrations() -> dict[str, str]:
    """Return a hash of the initial migration of each app of both programs."""
    files = PACKAGE.glob(f"**/migrations/{FIRST}.py")
    return {file.parent.parent.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files}


def _migrations() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        for module in pkgutil.iter_modules([str(Path(app.path) / "migrations")]):
            if not module.ispkg and module.name[0] not in "_~":
                yield app.label, module.name


def prepare() -> None:
    """Migrate the database and collect static files, before the programs start."""
    refuse_other_tables()
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
        _record_initial_migrations()
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


def _record_initial_migrations() -> None:
    """Record the hashes of those that will be applied now, beside the names of the migrations."""
    recorder = MigrationRecorder(connection)
    applied = recorder.applied_migrations()
    installed = {one.label for one in apps.get_app_configs()}
    for app, digest in initial_migrations().items():
        if app in installed and not {(app, FIRST), (RECORD, f"{app} {digest}")} & applied.keys():
            recorder.record_applied(RECORD, f"{app} {digest}")


def _ordered_migrations() -> list[tuple[str, str]]:
    """Return the migrations in the order in which they are applied."""
    graph = MigrationLoader(None).graph
    return list(dict.fromkeys(step for leaf in graph.leaf_nodes() for step in graph.forwards_plan(leaf)))
