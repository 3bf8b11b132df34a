"""What machines that are gone have counted: a container that is made anew has another name, and a folder of its own."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

GONE_AFTER_SECONDS = 7 * 24 * 3600.0


def say_it_is_used(folder: Path) -> None:
    """By its time. Counting changes files, but not on every kind of disk, and not while nobody asks for anything."""
    with suppress(OSError):
        os.utime(folder)


def forget_gone_machines() -> int:
    """Of this program. Nobody reads the folder of another machine."""
    own: Path = settings.FIGURES_FOLDER
    say_it_is_used(own)
    others = set(own.parent.parent.glob(f"*/{own.name}")) - {own}
    gone = [folder for folder in others if time.time() - _last_used(folder) > GONE_AFTER_SECONDS]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()
    return len(gone)


def _last_used(folder: Path) -> float:
    """Now, where it is being removed by another who tidies."""
    try:
        return max(path.stat().st_mtime for path in [folder, *folder.iterdir()])
    except OSError:
        return time.time()
