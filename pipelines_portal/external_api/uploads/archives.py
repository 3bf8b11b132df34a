"""Open ZIP archives from strangers: every entry is checked in the directory before anything is unpacked.

Files are never unpacked to a path from the archive, so an unsafe name does no harm here. It is refused anyway, because
it is an attack or a mistake, and other programs receive the files later.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from pipelines_portal.core.unicode_forms import MAX_MARKS
from pipelines_portal.core.zip_archives import (
    DIRECTORY_ENTRY,
    ENCRYPTED,
    MAX_DIRECTORY_BYTES,
    MAX_ENTRIES,
    MAX_LEVELS,
    MAX_NAME_BYTES,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    METHODS,
    NameProblem,
    UnsafeName,
    are_windows_paths,
    decoded_name,
    files_inside_files,
    is_name_deep,
    is_name_long,
    most_inflated,
    overlapping,
    safe_path,
)

DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, UnicodeError,
    NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip


class ArchiveError(Exception):
    """The whole archive is unusable. The message tells the sender why."""


class EntryError(Exception):
    """One file of the archive is damaged."""


class ArchiveReadError(Exception):
    """The archive could not be read from disk. The archive itself may be fine."""


class Archive:
    """An archive that passed all checks. `files` maps the path of each file to its entry."""

    def __init__(self, opened: zipfile.ZipFile, progress: Callable[[], None]) -> None:
        self._opened = opened
        entries = opened.infolist()
        _check_names(entries)
        _check_sizes(entries)
        if entry := overlapping(entries, opened.start_dir):
            raise ArchiveError(f"Files in the archive overlap, or lie outside of it: {_shown(entry)}.")
        self.files: dict[str, zipfile.ZipInfo] = {}
        self.folders: set[str] = set()
        separator = "\\" if are_windows_paths(entries) else "/"
        for entry in entries:
            progress()
            self._add(entry, separator)
        if inner := next(files_inside_files(self.files), None):
            raise ArchiveError(f"The archive has a file inside of a file: {inner}.")

    def _add(self, entry: zipfile.ZipInfo, separator: str) -> None:
        _check_kind(entry)
        name = decoded_name(entry).replace(separator, "/")
        path = _safe_path(name)
        if name.endswith("/"):
            self.folders.add(path)
            return
        if path in self.files:
            raise ArchiveError(f"The archive holds two files named {path}.")
        self.files[path] = entry

    @contextmanager
    def open(self, path: str) -> Iterator["EntryReader"]:
        """Open a file as a stream of its unpacked bytes. Opening and reading may raise EntryError."""
        with _damage_as_entry_error(path):
            stream = self._opened.open(self.files[path])
        with stream:
            yield EntryReader(stream, path)


class EntryReader:
    """A reader of one file. It raises EntryError if the file is damaged."""

    def __init__(self, stream: IO[bytes], path: str) -> None:
        self._stream = stream
        self._path = path

    def read(self, size: int = -1) -> bytes:
        with _damage_as_entry_error(self._path):
            return self._stream.read(size)


@contextmanager
def _damage_as_entry_error(path: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise EntryError(f"File in ZIP is damaged: {path} ({_describe_damage(error)})") from error


def _describe_damage(error: Exception) -> str:
    if isinstance(error, zlib.error):
        return "its data cannot be unpacked"
    return "its checksum does not match" if "CRC" in str(error) else "it is incomplete, or its header is wrong"


@contextmanager
def open_archive(file: BinaryIO, progress: Callable[[], None] = lambda: None) -> Iterator[Archive]:
    """Open the archive in a seekable file. Raise ArchiveError with the reason if it must not be used.

    `progress` is called regularly while the directory is checked.
    """
    try:
        opened = zipfile.ZipFile(_GuardedFile(file))
    except DAMAGED as error:
        raise ArchiveError("The file is not a ZIP archive, or it is damaged.") from error
    with opened:
        yield Archive(opened, progress)


class _GuardedFile(io.RawIOBase):
    """A file that refuses an oversized directory: zipfile would read it whole and create an object for each entry."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise ArchiveError("The archive's directory is too large.")
        data = self._read(min(size, MAX_DIRECTORY_BYTES) if size >= 0 else MAX_DIRECTORY_BYTES)
        if data.count(DIRECTORY_ENTRY) > MAX_ENTRIES:
            raise ArchiveError(f"The archive has more than {MAX_ENTRIES:,} entries.")
        return data

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise ArchiveReadError(str(error)) from error

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    """Raise ArchiveError for a name that is too long or too deep, before anything else processes it."""
    for entry in entries:
        if is_name_long(entry):
            name = entry.orig_filename[:60]
            raise ArchiveError(f"A name in the archive is longer than {MAX_NAME_BYTES:,} bytes: {name}….")
        if is_name_deep(entry):
            name = entry.orig_filename[:60]
            raise ArchiveError(f"A name in the archive is more than {MAX_LEVELS} levels deep: {name}….")


def _safe_path(name: str) -> str:
    try:
        return safe_path(name)
    except UnsafeName as error:
        if error.problem is NameProblem.ENDLESS_MARKS:
            title = f"A letter of a name in the archive carries more than {MAX_MARKS} marks"
            raise ArchiveError(f"{title}: {name[:60]}….") from None
        raise ArchiveError(f"The archive holds an unsafe path: {name.replace(chr(0), '?')}.") from None


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise ArchiveError(f"The archive would unpack to more than {MAX_UNPACKED_BYTES // 1024**3} GiB.")
    if worst := most_inflated(entries):
        title = f"The files in the archive unpack to more than {MAX_RATIO} times their size"
        raise ArchiveError(f"{title}, above all {_shown(worst)}.")


def _shown(entry: zipfile.ZipInfo) -> str:
    """Return the name for a message, before it has been checked."""
    return entry.orig_filename.replace("\0", "?")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise ArchiveError(f"The archive is encrypted: {_shown(entry)}.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise ArchiveError(f"The archive holds a symbolic link: {entry.filename}.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"The archive holds something that is not a file: {entry.filename}.")
    if entry.compress_type not in METHODS:
        raise ArchiveError(f"The archive uses a compression other than Deflate: {_shown(entry)}.")
