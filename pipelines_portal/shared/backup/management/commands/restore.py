import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.shared.backup.places import read_places
from pipelines_portal.shared.backup.restoring import restore
from pipelines_portal.shared.backup.telling import told_or_not


class Command(BaseCommand):
    help = "Put a backup into an empty place, while no program runs there. Then start the programs as usual."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="also where the encryption keys are lost, and what they seal with them",
        )

    def handle(self, *args: Any, file: Path, without_keys: bool, **options: Any) -> None:
        _require_stopped()
        restored = restore(read_places(), file.absolute(), without_keys=without_keys)
        with told_or_not():
            self.stdout.write(
                f"Restored what version {restored.about.version} saved on {restored.about.made_at:%Y-%m-%d at %H:%M} "
                f"UTC, with {restored.files:,} files. Start the programs as usual: what has to be migrated is, then. "
                "Imports that were being sent are paused, for a person to look at what went out since."
            )


def _require_stopped() -> None:
    for name, port in (("portal", settings.PORT), ("External API", settings.API_PORT)):
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise CommandError(
                    f"Something listens on port {port}: the {name}, most likely. Nothing was restored. Stop the "
                    "programs first, or set PORT and API_PORT."
                )
