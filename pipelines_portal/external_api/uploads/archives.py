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

from pipelines_portal.external_api.uploads.archive_names import (
    ArchiveError,
    are_windows_paths,
    check_name,
    decoded_name,
    file_inside_a_file,
    safe_path,
)

MAX_ENTRIES = 50_000
MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
MAX_UNPACKED_BYTES = 20 * 1024**3
# Deflate reaches 1032:1, ordinary documents less than 50:1. Small files are not limited.
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 10 * 1024 * 1024
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
LOCAL_HEADER_BYTES = 30
# The signature of an entry of the directory.
DIRECTORY_ENTRY = b"PK\x01\x02"
ENCRYPTED = 0x1 | 0x40 | 0x2000
DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, UnicodeError,
    NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip


class EntryError(Exception):
    """One file of the archive is damaged."""


class ArchiveReadError(Exception):
    """The archive could not be read from disk. The archive itself may be fine."""


class Archive:
    """An archive that passed all checks. `files` maps the path of each file to its entry."""

    def __init__(self, opened: zipfile.ZipFile, progress: Callable[[], None]) -> None:
        self._opened = opened
        entries = opened.infolist()
        for entry in entries:
            check_name(entry)
        _check_sizes(entries)
        _check_places(entries, opened.start_dir)
        self.files: dict[str, zipfile.ZipInfo] = {}
        self.folders: set[str] = set()
        separator = "\\" if are_windows_paths(entries) else "/"
        for entry in entries:
            progress()
            self._add(entry, separator)
        _check_files_in_files(self.files)

    def _add(self, entry: zipfile.ZipInfo, separator: str) -> None:
        _check_kind(entry)
        name = decoded_name(entry).replace(separator, "/")
        path = safe_path(name)
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
        raise EntryError(f"File in ZIP is damaged: {path}") from error


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


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise ArchiveError(f"The archive would unpack to more than {MAX_UNPACKED_BYTES // 1024**3} GiB.")
    for entry in entries:
        large = entry.file_size > RATIO_MATTERS_FROM_BYTES
        if large and entry.file_size > MAX_RATIO * entry.compress_size:
            raise ArchiveError(f"A file in the archive unpacks to more than {MAX_RATIO} times its size.")
    unpacked, packed = (sum(getattr(entry, name) for entry in entries) for name in ("file_size", "compress_size"))
    if unpacked > RATIO_MATTERS_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise ArchiveError(f"The files in the archive unpack to more than {MAX_RATIO} times their size.")


def _check_places(entries: list[zipfile.ZipInfo], end: int) -> None:
    """Raise ArchiveError if files share bytes, by which a small archive can repeat a large file many times."""
    for entry in sorted(entries, key=lambda entry: entry.header_offset, reverse=True):
        name_bytes = len(entry.orig_filename)
        if entry.header_offset < 0 or entry.header_offset + LOCAL_HEADER_BYTES + name_bytes + entry.compress_size > end:
            raise ArchiveError("Files in the archive overlap, or lie outside of it.")
        end = entry.header_offset


def _check_files_in_files(files: dict[str, zipfile.ZipInfo]) -> None:
    path = file_inside_a_file(list(files))
    if path is not None:
        raise ArchiveError(f"The archive has a file inside of a file: {path}.")


def _check_kind(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise ArchiveError("The archive is encrypted.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise ArchiveError(f"The archive holds a symbolic link: {entry.filename}.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"The archive holds something that is not a file: {entry.filename}.")
    if entry.compress_type not in METHODS:
        raise ArchiveError("The archive uses a compression other than Deflate.")
