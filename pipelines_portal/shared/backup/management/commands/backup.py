from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from pipelines_portal.shared.backup.about import SECRETS
from pipelines_portal.shared.backup.backing_up import back_up
from pipelines_portal.shared.backup.places import read_places


class Command(BaseCommand):
    help = "Save both databases and all files as one FILE, while the programs run. The secrets are not in it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a name that is not there yet; packed when it ends in .gz")
        parser.add_argument("--partly", action="store_true", help="also where only one of the databases is here")

    def handle(self, *args: Any, file: Path, partly: bool = False, **options: Any) -> None:
        places = read_places()
        made = back_up(places, file.absolute(), partly=partly)
        self.stdout.write(
            f"{file}: {', '.join(made.databases)} and {made.files:,} files, {made.size / 1024**2:,.1f} MB in all."
        )
        self.stdout.write("Not in it, and needed to read it: keep them elsewhere.")
        for name, why in SECRETS.items():
            self.stdout.write(f"  {name}: {why}.")
        for sentence in places.elsewhere:
            self.stderr.write(sentence)
