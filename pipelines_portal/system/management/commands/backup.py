import logging
import signal
from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.system.backup.checking import check_backup
from pipelines_portal.system.backup.nightly import run_every_night
from pipelines_portal.system.backup.reading import name_some
from pipelines_portal.system.backup.rotation import newest_backup
from pipelines_portal.system.backup.runs import run_backup

# The exit code of a backup that is whole except for files that tasks name and the storage lacks.
FILES_ARE_MISSING = 3
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Back up both databases and the stored files into one FILE, while the services run. It contains no secrets. "
        "The exit code is 0, 3 if the backup lacks files that tasks name, or 1 if there is no backup."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file; compressed if its name ends in .gz")
        parser.add_argument("--partly", action="store_true", help="also if only one of the databases is here")
        parser.add_argument(
            "--keep",
            type=_count,
            metavar="N",
            help="FILE is a folder: name the backup by the time, check it, and keep the last N",
        )
        parser.add_argument(
            "--daily", action="store_true", help="with --keep: keep running, and back up every night at 02:30 UTC"
        )
        parser.add_argument(
            "--check", action="store_true", help="save nothing: check that FILE, or the newest in a folder, is complete"
        )

    def handle(
        self, *args: Any, file: Path, partly: bool, keep: int | None, daily: bool, check: bool, **options: Any
    ) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the unfinished file is removed
        file = file.absolute()
        if check:
            self._check(newest_backup(file) if file.is_dir() else file)
        elif daily:
            self._run_daily(file, keep, partly=partly)
        else:
            self._back_up(file, keep, partly=partly)

    def _check(self, file: Path) -> None:
        contents = check_backup(file)
        self.stdout.write(f"{file}: {contents}")
        if contents.missing:
            raise CommandError(
                f"Tasks name files that are missing from the backup: {name_some(contents.missing)}.",
                returncode=FILES_ARE_MISSING,
            )

    def _run_daily(self, folder: Path, keep: int | None, *, partly: bool) -> None:
        if not keep:
            raise CommandError("--daily needs --keep: it says how many backups to keep.")
        try:
            run_every_night(partial(run_backup, folder, keep=keep, partly=partly))
        except KeyboardInterrupt:
            logger.info("Stopping after a signal")

    def _back_up(self, file: Path, keep: int | None, *, partly: bool) -> None:
        backup = run_backup(file, keep=keep, partly=partly)
        self.stdout.write(str(backup))
        if not backup.has_files:
            self.stdout.write(
                "The stored files are in a bucket, and not in this backup: switch on the bucket's versioning."
            )
        self.stdout.write("It does not contain the secrets, ENCRYPTION_KEYS and SECRET_KEY. Keep them elsewhere.")
        if backup.problem:
            raise CommandError(backup.problem, returncode=FILES_ARE_MISSING)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("give a number of backups, 1 or more")
    return int(text)
