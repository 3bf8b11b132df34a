"""prometheus_client's files, so that a full disk ends no process.

It writes into a mapped file whose blocks come when they are written: where none is left, the system ends the process
(SIGBUS), without a word, and again at each start. Ours have their blocks before; where there are none, the figures of
that process stay in memory, and are told by nobody.
"""

import mmap
import os
import sys
from pathlib import Path
from typing import Any

from prometheus_client import mmap_dict, values

BYTES = 256 * 1024
# How much of it is used stands at its beginning.
BEGIN = 8


class FileWithRoom(mmap_dict.MmapedDict):
    """What prometheus_client keeps the values of a kind in."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if read_mode or _has_room(Path(filename)):
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
        else:
            self._f, self._positions, self._used = None, {}, BEGIN  # type: ignore[assignment]
            self._use(_in_memory(BYTES, BEGIN.to_bytes(BEGIN, sys.byteorder)), BYTES)

    def _init_value(self, key: str) -> None:
        while self._used + _size(key) > self._capacity:
            self._grow(self._capacity * 2)
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _grow(self, wanted: int) -> None:
        """The file, when it is one and there is room."""
        try:
            if self._f is None:
                raise OSError
            os.posix_fallocate(self._f.fileno(), 0, wanted)
            self._use(mmap.mmap(self._f.fileno(), wanted), wanted)
        except OSError:
            self._use(_in_memory(wanted, self._m[: self._used]), wanted)

    def _use(self, place: mmap.mmap, capacity: int) -> None:
        self._m, self._capacity = place, capacity


def use_files_with_room() -> None:
    """To be called before the first figure is declared."""
    changed: Any = values
    changed.MmapedDict = FileWithRoom


def _has_room(path: Path) -> bool:
    """Now that it is taken. A disk that takes no more files lets none be opened."""
    try:
        with path.open("a+b") as file:
            return _takes_room(file.fileno())
    except OSError:
        return False


def _takes_room(file: int) -> bool:
    try:
        os.posix_fallocate(file, 0, BYTES)
    except OSError:
        os.ftruncate(file, 0)
        return False
    return True


def _in_memory(capacity: int, content: bytes) -> mmap.mmap:
    place = mmap.mmap(-1, capacity)
    place[: len(content)] = content
    return place


def _size(key: str) -> int:
    """At most, of an entry: its length, its name to the next eighth byte, two numbers."""
    return 4 + len(key.encode()) + 12 + 16
