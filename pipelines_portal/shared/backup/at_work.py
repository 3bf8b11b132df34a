"""Programs at work in a DATA_DIR and a restore into it keep each other out, by a lock that goes with the process.

A port that answers shows a web program on this machine; a worker has none, and a container's is elsewhere.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

NAME = "programs.lock"
# What a restore had left to do when it was killed.
UNFINISHED = "restore.unfinished"
# Open for as long as the process is there.
_held: list[IO[bytes]] = []


def keep_restores_out(data_dir: Path) -> None:
    """For the life of this process. Raises ImproperlyConfigured while a restore is at work, or is not finished."""
    require_finished(data_dir)
    try:
        file = (data_dir / NAME).open("ab")
    except OSError:  # a full disk, say: that stops no program
        return
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise ImproperlyConfigured(
            f"A restore into {data_dir} is at work. The program was not started. Start it when that has ended."
        ) from None
    except OSError:  # a disk without locks
        file.close()
        return
    _held.append(file)


def require_finished(data_dir: Path) -> None:
    """A database that is opened before what was restored is in its place would be made anew, and stand in its way."""
    if (data_dir / UNFINISHED).exists():
        raise ImproperlyConfigured(
            f"A restore into {data_dir} was killed, and what it restored is not all in its place yet. Nothing was "
            "started. Run manage.py prepare: it is finished then."
        )


def pids_at_work(data_dir: Path) -> list[str]:
    """Of the programs there, as Linux tells them; none where it does not."""
    try:
        inode, locks = str((data_dir / NAME).stat().st_ino), Path("/proc/locks").read_text().splitlines()
    except OSError:
        return []
    held = (line.split() for line in locks if " FLOCK " in line and "->" not in line)
    return sorted({fields[4] for fields in held if fields[5].rpartition(":")[2] == inode})


@contextmanager
def programs_kept_out(data_dir: Path) -> Iterator[None]:
    """Raises CommandError while any program is at work."""
    with (data_dir / NAME).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"A program is at work in {data_dir}, a worker perhaps. Nothing was restored. Stop all of them first."
            ) from None
        yield
