"""prometheus_client's files, so that a full disk ends no process.

It writes into a mapped file whose blocks come when they are written: where none is left, the system ends the process
(SIGBUS), without a word, and again at each start. Ours have their blocks before; where there are none, the figures of
that process stay in memory, and are told by nobody but a line in the log. A machine that lost its power leaves files
whose blocks are not what was written: such a one is made anew, or left out.
"""

import logging
import mmap
import os
import struct
import sys
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import mmap_dict, values
from prometheus_client.multiprocess import MultiProcessCollector

BYTES = 256 * 1024
# How much of it is used stands at its beginning.
BEGIN = 8
# What prometheus_client says of a file that is not whole, in as many words as there are kinds of damage.
DAMAGED = (OSError, ValueError, TypeError, AttributeError, LookupError, RuntimeError, struct.error)
logger = logging.getLogger(__name__)


class FileWithRoom(mmap_dict.MmapedDict):
    """What prometheus_client keeps the values of a kind in."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode:
            _remove_damaged(Path(filename))
        if read_mode or _has_room(Path(filename)):
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
        else:
            self._f, self._positions, self._used = None, {}, BEGIN  # type: ignore[assignment]
            self._use(mmap.mmap(-1, BYTES), BYTES)
            self._m[:BEGIN] = BEGIN.to_bytes(BEGIN, sys.byteorder)

    def _init_value(self, key: str) -> None:
        while self._used + _size(key) > self._capacity:
            self._grow(self._capacity * 2)
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _grow(self, wanted: int) -> None:
        """The file, when it is one and there is room; what was in memory meanwhile goes into it."""
        grown = self._grown_file(wanted) if self._f else None
        if grown is None:
            grown = mmap.mmap(-1, wanted)
        grown[: self._used] = self._m[: self._used]
        self._use(grown, wanted)

    def _grown_file(self, wanted: int) -> mmap.mmap | None:
        try:
            os.posix_fallocate(self._f.fileno(), 0, wanted)
            return mmap.mmap(self._f.fileno(), wanted)
        except OSError as error:
            _say_where_they_are(error)
            return None

    def _use(self, place: mmap.mmap, capacity: int) -> None:
        self._m, self._capacity = place, capacity


def use_files_with_room() -> None:
    """To be called before the first figure is declared."""
    changed: Any = values
    changed.MmapedDict = FileWithRoom


def is_whole(path: Path) -> bool:
    try:
        if path.stat().st_size:
            _require_sensible_length(path)
            MultiProcessCollector.merge([str(path)])  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        return True
    except DAMAGED:
        return False
    return True


def _require_sensible_length(path: Path) -> None:
    """Which prometheus_client reads as nothing, and writes by."""
    with path.open("rb") as file:
        used = int.from_bytes(file.read(4), sys.byteorder, signed=True)
    if used and used < BEGIN:
        raise ValueError(used)


def _remove_damaged(path: Path) -> None:
    """One that an ended process of the same number left. No other process writes into it."""
    try:
        if not is_whole(path):
            path.unlink(missing_ok=True)
    except OSError as error:
        _say_where_they_are(error)


def _has_room(path: Path) -> bool:
    """Now that it is taken. A disk that takes no more files lets none be opened, nor the folder be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            _take_room(file.fileno())
    except OSError as error:
        _say_where_they_are(error)
        return False
    return True


def _take_room(file: int) -> None:
    try:
        os.posix_fallocate(file, 0, BYTES)
    except OSError:
        os.ftruncate(file, 0)
        raise


def _say_where_they_are(error: OSError) -> None:
    """Without what differs from file to file: one line a process says it."""
    _say_once(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""), error.strerror or str(error))


@cache
def _say_once(folder: str, why: str) -> None:
    logger.warning("The figures of this process stay in memory, and /metrics lacks them: %s, in %s", why, folder)


def _size(key: str) -> int:
    """At most, of an entry: its length, its name to the next eighth byte, two numbers."""
    return 4 + len(key.encode()) + 12 + 16
