import signal
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.shared.backup.about import SECRETS
from pipelines_portal.shared.backup.backing_up import Made, back_up
from pipelines_portal.shared.backup.kept import next_in, remove_older
from pipelines_portal.shared.backup.places import read_places
from pipelines_portal.shared.backup.telling import told_or_not


class Command(BaseCommand):
    help = "Save both databases and all files as one FILE, while the programs run. The secrets are not in it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a name that is not there yet; packed when it ends in .gz")
        parser.add_argument("--partly", action="store_true", help="also where only one of the databases is here")
        parser.add_argument(
            "--keep",
            type=_count,
            metavar="N",
            help="FILE is a folder: the backup is called by a number and the time, and of those there the last N stay",
        )

    def handle(self, *args: Any, file: Path, partly: bool = False, keep: int | None = None, **options: Any) -> None:
        # As Ctrl-C does: what is half made goes, and so do the second names of archives.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        places, folder = read_places(), file.absolute()
        path = next_in(folder) if keep else folder
        made = back_up(places, path, partly=partly)
        removed = remove_older(folder, keep) if keep else 0
        for sentence in places.elsewhere:
            self.stderr.write(sentence)
        with told_or_not():
            self._tell(file / path.name if keep else file, made, removed)

    def _tell(self, file: Path, made: Made, removed: int) -> None:
        self.stdout.write(
            f"{file}: {', '.join(made.databases)} and {made.files:,} files, {made.size / 1024**2:,.1f} MB in all."
        )
        if made.left_out:
            self.stdout.write(
                f"Left out, for they are no archive and no file of a task: {made.left_out:,} names in the storage."
            )
        if removed:
            self.stdout.write(f"Older ones that were removed: {removed:,}.")
        self.stdout.write("Not in it, and needed to read it: keep them elsewhere.")
        for name, why in SECRETS.items():
            self.stdout.write(f"  {name}: {why}.")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a number of backups is needed, 1 or more")
    return int(text)
