"""The folder that `--keep` fills: the names of its backups, which one is the newest, and which are removed."""

import re
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import CommandError

from pipelines_portal.system.backup.checking import has_all_files

# Other files there belong to people.
NAME = re.compile(r"portal-\d{4}-\d\d-\d\d-\d{6}\.tar")
# The file of the last backup that failed its check. The next one that passes removes it.
DAMAGED = "portal.tar.damaged"


def name_now() -> str:
    return f"portal-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.tar"


def newest_backup(folder: Path) -> Path:
    found = _oldest_first(folder, name_now())
    if not found:
        raise CommandError(f"There is no backup in {folder}. Nothing was checked.")
    return found[-1]


def remove_old(new: Path, keep: int, *, is_complete: bool) -> None:
    """Remove all but the `keep` newest backups. The `new` one stays, and the last one to which no file was missing."""
    backups = _oldest_first(new.parent, new.name)
    *before, _ = backups
    complete = None if is_complete else next(filter(has_all_files, reversed(before)), None)
    for old in backups[:-keep]:
        if old != complete:
            old.unlink(missing_ok=True)


def _oldest_first(folder: Path, newest: str) -> list[Path]:
    """Return the backups by name. Those of a later name than the newest come first: the clock was wrong."""
    found = [path for path in folder.iterdir() if NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: (path.name <= newest, path.name))
