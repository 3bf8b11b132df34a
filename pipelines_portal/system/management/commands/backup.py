import signal
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.system.backup.backing_up import BackupReport, back_up
from pipelines_portal.system.backup.places import opened_databases, storage_folder

MOST_NAMED = 20


class Command(BaseCommand):
    help = "Back up both databases and the stored files into one FILE, while the services run. It contains no secrets."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file; compressed if its name ends in .gz")
        parser.add_argument("--partly", action="store_true", help="also if only one of the databases is here")
        parser.add_argument(
            "--keep",
            type=_count,
            metavar="N",
            help="FILE is a folder: name the backup by the time, and keep the last N",
        )

    def handle(self, *args: Any, file: Path, partly: bool, keep: int | None, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the unfinished file is removed
        folder, file = file.absolute(), file.absolute()
        if keep:
            file = folder / f"portal-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.tar"
        storage = storage_folder()
        with opened_databases() as databases:
            try:
                report = back_up(databases, storage, file, partly=partly)
            except OSError as error:
                raise CommandError(f"The backup could not be written: {error}. {file} is not there.") from error
        self._report(file, report, has_files=storage is not None)
        if report.missing:
            named = ", ".join(report.missing[:MOST_NAMED])
            more = f" and {len(report.missing) - MOST_NAMED} more" if len(report.missing) > MOST_NAMED else ""
            raise CommandError(
                f"Tasks name files that are missing from the storage: {named}{more}. The backup is made without them, "
                "and no older one was removed. Is the storage mounted?"
            )
        for old in sorted(folder.glob("portal-*.tar"))[:-keep] if keep else []:
            old.unlink()

    def _report(self, file: Path, report: BackupReport, *, has_files: bool) -> None:
        size = file.stat().st_size / 1024**2
        self.stdout.write(f"{file}: {' and '.join(report.databases)}, {report.files:,} files, {size:,.1f} MB in all.")
        if not has_files:
            self.stdout.write(
                "The stored files are in a bucket, and not in this backup: switch on the bucket's versioning."
            )
        self.stdout.write("It does not contain the secrets, ENCRYPTION_KEYS and SECRET_KEY. Keep them elsewhere.")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("give a number of backups, 1 or more")
    return int(text)
