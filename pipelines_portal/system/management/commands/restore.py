from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines_portal.core.preparation import require_migrated
from pipelines_portal.system.backup.places import opened_databases, storage_folder
from pipelines_portal.system.backup.restoring import mark_restored, restore


class Command(BaseCommand):
    help = (
        "Restore a backup into an empty place, while the services are stopped. What may have been sent after the "
        "backup becomes unconfirmed, and imports are paused."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument(
            "--move-away",
            action="store_true",
            help="move SQLite and stored files that are there into a folder of DATA_DIR, which you delete later",
        )
        parser.add_argument("--without-keys", action="store_true", help="restore although its encryption keys are lost")
        parser.add_argument(
            "--damaged",
            action="store_true",
            help="restore although stored files in the backup are damaged. For a database, add --unsigned",
        )
        parser.add_argument(
            "--unsigned",
            action="store_true",
            help="restore although nothing shows that the backup was not changed, such as one of an earlier version",
        )
        parser.add_argument(
            "--mark-only",
            action="store_true",
            help="the database was restored by other means and migrated: only mark what may have been sent",
        )

    def handle(
        self,
        *args: Any,
        file: Path | None,
        move_away: bool,
        without_keys: bool,
        damaged: bool,
        unsigned: bool,
        mark_only: bool,
        **options: Any,
    ) -> None:
        if bool(file) == mark_only:
            raise CommandError("Give a FILE, or --mark-only.")
        if file is None:
            require_migrated()
            mark_restored()
            summary = "Marked."
        else:
            with opened_databases() as databases:
                manifest, is_proven = restore(
                    databases, storage_folder(), file.absolute(), without_keys=without_keys, although_damaged=damaged,
                    although_unsigned=unsigned, moves_away=move_away,
                )  # fmt: skip
            summary = f"Restored the backup of {manifest['made_at']} UTC."
            if not is_proven:
                summary += " Nothing shows that it was not changed: check who is an administrator."
        self.stdout.write(
            f"{summary} Rows that may have been sent after the backup are unconfirmed, and imports are paused. Now "
            "start the programs."
        )
