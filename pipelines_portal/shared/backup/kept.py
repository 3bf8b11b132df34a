"""Backups of every night in one folder, called by a number: no clock says which of them are old."""

import re
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import CommandError

NUMBERED = re.compile(r"(\d{6,})-\d{4}-\d\d-\d\d-\d{4}\.tar")


def next_in(folder: Path) -> Path:
    """The name of the next one there. Raises CommandError."""
    try:
        number = max((number for number, _ in _numbered(folder)), default=0) + 1
    except OSError as error:
        raise CommandError(
            f"The backups in {folder} cannot be counted: {error.strerror}. Nothing was saved. With --keep, name a "
            "folder that is there and can be written."
        ) from error
    return folder / f"{number:06}-{datetime.now(UTC):%Y-%m-%d-%H%M}.tar"


def remove_older(folder: Path, keep: int) -> int:
    """All but the last `keep`, and how many that were. Raises CommandError."""
    older = sorted(_numbered(folder))[:-keep]
    try:
        for _, path in older:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(
            f"The backup is made and whole, and an older one could not be removed: {error}. Remove it, or give "
            f"{folder} to the user this runs as."
        ) from error
    return len(older)


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    """What else is there was called by somebody, and is theirs."""
    found = ((NUMBERED.fullmatch(path.name), path) for path in folder.iterdir())
    return [(int(match[1]), path) for match, path in found if match and path.is_file()]


def drafts_in(folder: Path) -> list[Path]:
    """What killed ones left: each is named after the minute in which it began. Call while no other is at work."""
    hidden = ((path.name.removeprefix(".").removesuffix(".draft"), path) for path in folder.glob(".*.draft"))
    return [path for name, path in hidden if NUMBERED.fullmatch(name)]
