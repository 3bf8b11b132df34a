"""Runs of `manage.py backup`: each is checked if others are removed after it, and recorded in the portal's database."""

import errno
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from pipelines_portal.system.backup.backing_up import BackupReport, back_up
from pipelines_portal.system.backup.checking import check_backup
from pipelines_portal.system.backup.leftovers import remove_leftovers
from pipelines_portal.system.backup.places import opened_databases, storage_folder
from pipelines_portal.system.backup.reading import name_some
from pipelines_portal.system.backup.rotation import DAMAGED, name_now, remove_old
from pipelines_portal.system.command_errors import explain_error
from pipelines_portal.system.models import LONGEST_PROBLEM, BackupRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Backup:
    """A backup that was made. `has_files` is False if the stored files are in a bucket."""

    file: Path
    report: BackupReport
    has_files: bool

    @property
    def problem(self) -> str:
        """Return what is missing, for people, or ""."""
        if not self.report.missing:
            return ""
        return (
            f"Tasks name files that are missing from the storage: {name_some(self.report.missing)}. The backup is "
            "made without them. Is the storage mounted?"
        )

    def __str__(self) -> str:
        size = self.file.stat().st_size / 1024**2
        return (
            f"{self.file}: {' and '.join(self.report.databases)}, {self.report.files:,} files, {size:,.1f} MB in all."
        )


def run_backup(target: Path, *, keep: int | None, partly: bool) -> Backup:
    """Back up into the file `target` and record it. With `keep`, `target` is a folder that keeps the last backups.

    Raises CommandError if there is no backup. One that lacks files is a backup, with a `problem`.
    """
    started = timezone.now()
    file = target / name_now() if keep else target
    remove_leftovers(file.parent)
    try:
        backup = _make(file, partly=partly)
        if keep:
            backup.report.missing = sorted({*backup.report.missing, *_check(file)})
    except Exception as error:
        _record(started_at=started, file=file.name, ok=False, problem=describe(error)[:LONGEST_PROBLEM])
        raise
    report = backup.report
    _record(
        started_at=started, file=file.name, ok=not report.missing, problem=backup.problem[:LONGEST_PROBLEM],
        bytes=file.stat().st_size, databases=", ".join(report.databases), files=report.files,
    )  # fmt: skip
    if keep:
        remove_old(file, keep, is_complete=not report.missing)
    return backup


def describe(error: Exception) -> str:
    """Return what went wrong, for people."""
    if isinstance(error, CommandError):
        return str(error)
    return explain_error(error) or f"An error in the program ({type(error).__name__}). The log of the backup says more."


def _make(file: Path, *, partly: bool) -> Backup:
    storage = storage_folder()
    with opened_databases() as databases:
        try:
            report = back_up(databases, storage, file, partly=partly)
        except (OSError, sqlite3.Error) as error:
            if _is_full(error):
                raise CommandError(
                    f"No space left in {file.parent}. The backup was not made. Make room there."
                ) from error
            raise CommandError(f"The backup could not be written: {error}. {file} is not there.") from error
    return Backup(file, report, has_files=storage is not None)


def _check(file: Path) -> list[str]:
    """Return the files that are missing from a new backup. One that fails its check is no backup: it is renamed."""
    damaged = file.with_name(DAMAGED)
    try:
        contents = check_backup(file)
    except Exception:
        file.replace(damaged)  # in place of an earlier one, so that hourly attempts do not fill the disk
        raise
    damaged.unlink(missing_ok=True)
    return contents.missing


def _is_full(error: Exception) -> bool:
    is_full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    return is_full or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _record(**values: object) -> None:
    """Store the run if there is a portal's database here that accepts it: a backup counts without that."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and "mode=memory" not in str(name) and not Path(name).exists():
        return
    try:
        BackupRun.objects.create(**values)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The run of the backup could not be recorded (%s)", type(error).__name__)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # the next run may be a day later
