"""Programs at work in a DATA_DIR and a restore into it keep each other out, by a lock that goes with the process.

A port that answers shows a web program on this machine; a worker has none, and a container's is elsewhere.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

NAME = "programs.lock"
# What a restore had left to do when it was killed.
UNFINISHED = "restore.unfinished"
AT_WORK = "A restore into {} is at work. Nothing was started. Start it when that has ended."
# By their DATA_DIR, open for as long as the process is there.
_held: dict[Path, list[int]] = {}


def keep_restores_out(data_dir: Path) -> None:
    """For the life of this process. Raises ImproperlyConfigured while a restore is at work, or is not finished."""
    if data_dir in _held:
        return
    locks = _opened(data_dir)
    try:
        held = [lock for lock in locks if _is_locked(lock, fcntl.LOCK_SH)]
        require_finished(data_dir)
    except BlockingIOError:
        _close(locks)
        raise ImproperlyConfigured(AT_WORK.format(data_dir)) from None
    except ImproperlyConfigured:
        _close(locks)
        raise
    if held:
        _held[data_dir] = locks
    else:  # a disk without locks, or a full one: that stops no program
        _close(locks)


def _opened(data_dir: Path) -> list[int]:
    """The folder, which stays when all that is in it is moved away; and a file, where a network disk locks no folder
    for other machines.
    """
    found = []
    for path, flags in ((data_dir, os.O_RDONLY), (data_dir / NAME, os.O_RDWR | os.O_CREAT)):
        with suppress(OSError):
            found.append(os.open(path, flags, 0o600))
    return found


def _close(locks: list[int]) -> None:
    for lock in locks:
        os.close(lock)


def _is_locked(lock: int, kind: int) -> bool:
    """False on a disk without locks. Raises BlockingIOError."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def require_finished(data_dir: Path) -> None:
    """A database that is opened before what was restored is in its place would be made anew, and stand in its way."""
    if (data_dir / UNFINISHED).exists():
        raise ImproperlyConfigured(
            f"A restore into {data_dir} was killed, and what it restored is not all in its place yet. Nothing was "
            "started. Run manage.py prepare: it is finished then."
        )


@contextmanager
def programs_kept_out(data_dir: Path) -> Iterator[None]:
    """Raises CommandError while any program is at work, or a command that opened a database."""
    locks = _opened(data_dir)
    try:
        _lock_alone(locks, data_dir)
        yield
    finally:
        _close(locks)


def _lock_alone(locks: list[int], data_dir: Path) -> None:
    try:
        for lock in locks:
            _is_locked(lock, fcntl.LOCK_EX)
    except BlockingIOError:
        raise CommandError(
            f"A program is at work in {data_dir}, a worker perhaps. Nothing was restored. Stop all of them first."
        ) from None


def to_stop(data_dir: Path) -> list[str]:
    """What to end, so that no program is at work there: a supervisord that lives would start its programs again."""
    supervisor = _read(data_dir / "supervisord.pid").strip() or "none"
    return sorted({supervisor if _parent(pid) == supervisor else pid for pid in _pids_at_work(data_dir)}, key=int)


def _pids_at_work(data_dir: Path) -> set[str]:
    """As Linux tells them; none where it does not, and none of other people's."""
    places = [path.stat() for path in (data_dir, data_dir / NAME) if path.exists()]
    inodes = {str(place.st_ino) for place in places}
    held = (line.split() for line in _read(Path("/proc/locks")).splitlines() if " FLOCK " in line and "->" not in line)
    found = {fields[4] for fields in held if fields[5].rpartition(":")[2] in inodes}
    return {pid for pid in found if any(_has_open(pid, place) for place in places)}


def _has_open(pid: str, place: os.stat_result) -> bool:
    """Another disk has files of the same number, and not every disk has the device by which the locks are told."""
    with suppress(OSError):
        return any(_is_same(file, place) for file in Path(f"/proc/{pid}/fd").iterdir())
    return False


def _is_same(file: Path, place: os.stat_result) -> bool:
    with suppress(OSError):
        return os.path.samestat(file.stat(), place)
    return False


def _parent(pid: str) -> str:
    return next((line.split()[1] for line in _read(Path(f"/proc/{pid}/status")).splitlines() if "PPid:" in line), "")


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text()
    return ""
