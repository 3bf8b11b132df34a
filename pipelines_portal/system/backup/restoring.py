"""Restoring of a backup into empty places, which marks what may have been sent after it was made."""

import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pipelines_portal.core.files import version_of
from pipelines_portal.core.preparation import migrate
from pipelines_portal.entry.restored import hold_restored
from pipelines_portal.notifications.events import notify_of_restore
from pipelines_portal.submissions.appeared import newest_known_tasks
from pipelines_portal.submissions.models import Submission
from pipelines_portal.system.backup.places import EXTERNAL_API, PORTAL, STORED, Database, stored_files
from pipelines_portal.system.backup.reading import extract, opened_backup, read_manifest
from pipelines_portal.system.models import WorkerHeartbeat
from pipelines_portal.uploads.polling import stop_restored

NOTHING = "Nothing was restored."
START_AGAIN = (
    "The restore ended before it was complete. Empty the place (both databases and the storage), then start it again."
)


def restore(
    databases: list[Database],
    storage: Path | None,
    file: Path,
    *,
    without_keys: bool,
    although_damaged: bool,
    although_unsigned: bool,
    moves_away: bool = False,
) -> tuple[dict[str, Any], bool]:
    """Restore `file`. Return its manifest and whether the signature covers the databases. Raises CommandError.

    With `moves_away`, files that are there are moved into a folder in DATA_DIR, once the backup is known to be good.
    """
    with opened_backup(file, NOTHING) as tar:
        manifest, members, is_proven = read_manifest(
            tar, NOTHING, without_keys=without_keys, although_damaged=although_damaged,
            although_unsigned=although_unsigned,
        )  # fmt: skip
        _require_places(members, databases, storage)
        if moves_away:
            _move_away(databases, storage)
        _require_empty(databases, storage)
        try:
            _put_back(tar, members, databases, storage)
            if storage:
                _rename_versions(databases, storage, manifest["archives"])
            if any(each.name == PORTAL and each.member in members for each in databases):
                migrate()
                mark_restored(datetime.strptime(manifest["made_at"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC))
        except (Exception, KeyboardInterrupt) as error:
            raise CommandError(f"{error or type(error).__name__}. {START_AGAIN}") from error
    return manifest, is_proven


def mark_restored(copied_at: datetime | None = None) -> None:
    """Hold everything that may have been sent after the database was copied, until a person has decided.

    Without `copied_at`, the database was copied when a worker last wrote its heartbeat into it.
    """
    if copied_at is None:
        copied_at = WorkerHeartbeat.objects.aggregate(at=Max("seen_at"))["at"] or timezone.now()
    newest = newest_known_tasks()
    with transaction.atomic():
        Submission.objects.all().unconfirm_restored(copied_at, newest)
        hold_restored(copied_at, newest)
        stop_restored()
        notify_of_restore(copied_at)


def _require_places(members: dict[str, tarfile.TarInfo], databases: list[Database], storage: Path | None) -> None:
    """Require the same kinds of databases: a copy of SQLite cannot go into PostgreSQL, nor a dump into SQLite."""
    places = {each.member for each in databases}
    for name in members:
        if name not in places and not (storage and STORED.fullmatch(name)):
            raise CommandError(
                f"The backup holds {name}, for which this place has no room of that kind. Nothing was restored. Set "
                "the databases' URLs and STORAGE_URL as they were where the backup was made."
            )


def _require_empty(databases: list[Database], storage: Path | None) -> None:
    full = [str(each.path if each.is_file else each.name) for each in databases if each.is_used()]
    if storage and next(stored_files(storage), None):
        full.append(str(storage))
    if full:
        raise CommandError(
            f"This place is not empty: {', '.join(full)}. Nothing was restored. Stop the programs. Then add "
            "--move-away for files, and use empty databases of PostgreSQL."
        )


def _move_away(databases: list[Database], storage: Path | None) -> None:
    if full := [each.name for each in databases if not each.is_file and each.is_used()]:
        raise CommandError(f"These databases are not empty: {', '.join(full)}. {NOTHING} Nothing was moved.")
    if used := [str(each.path) for each in databases if each.is_open()]:
        raise CommandError(f"Programs still use {', '.join(used)}. {NOTHING} Nothing was moved. Stop all services.")
    files = [file for each in databases for file in each.files()]
    if storage and storage.exists():
        files.append(storage)
    if not files:
        return
    place = Path(settings.DATA_DIR) / f"before-restore-{timezone.now():%Y-%m-%d-%H%M%S}"
    try:
        place.mkdir(mode=0o700)
        for file in files:
            file.rename(place / file.name)
    except OSError as error:
        raise CommandError(f"{error.filename} can't be moved to {place} ({error.strerror}). {NOTHING}") from error


def _put_back(
    tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], databases: list[Database], storage: Path | None
) -> None:
    """Restore the portal's database last: no program may start with it until it is marked."""
    by_member = {each.member: each for each in databases}
    for name in sorted(members, key=lambda name: (name in by_member, name.startswith(PORTAL))):
        member, database = members[name], by_member.get(name)
        if database is None:
            assert storage is not None  # noqa: S101 - _require_places
            extract(tar, member, storage / name.removeprefix("storage/"))
        elif database.is_file:
            extract(tar, member, database.path)
        else:
            dump = Path(settings.DATA_DIR) / f".{name}.restoring"
            extract(tar, member, dump)
            try:
                database.run_client("pg_restore", "--exit-on-error", "--no-owner", "--single-transaction", str(dump))
            finally:
                dump.unlink()


def _rename_versions(databases: list[Database], storage: Path, archives: dict[str, str]) -> None:
    """Update the versions of archives, which contain the inode of the file: a restored file has another one."""
    api = next(each for each in databases if each.name == EXTERNAL_API)
    if not archives or not api.exists():
        return
    with api.connection.cursor() as cursor:
        for name, version in archives.items():
            restored = version_of((storage / name.removeprefix("storage/")).stat())
            sql = "UPDATE external_api_upload SET archive_fingerprint = %s WHERE archive_fingerprint = %s"
            cursor.execute(sql, [restored, version])
