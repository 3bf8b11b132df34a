"""Read the directory of an archive from the last bytes of the file.

`Unusable` is raised for what the API refuses as a whole. Names were written by strangers: they are limited in length,
decoded, and normalized.
"""

import io
import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from pipelines_portal.core.unicode_forms import MAX_MARKS, has_endless_marks, normalize
from pipelines_portal.uploads import texts

# How each entry of the directory begins.
DIRECTORY_ENTRY = b"PK\x01\x02"
MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
MAX_ENTRIES = 50_000
# How the record at the very end begins, and how long it is without its comment.
END_RECORD, END_RECORD_BYTES = b"PK\x05\x06", 22
# The end record with the longest comment, and the two records of zip64 before it.
MAX_END_BYTES = 66_000
MAX_TAIL_BYTES = MAX_DIRECTORY_BYTES + MAX_END_BYTES


class Unusable(Exception):
    """The API would refuse the archive as a whole. `title` says what is wrong, `advice` what to do about it."""

    def __init__(self, title: str, advice: str = "", examples: tuple[str, ...] = ()) -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
        self.examples = examples


class TailTooShort(Exception):
    """The directory begins before the available bytes. The last `needed` bytes of the file contain it."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"The last {needed} bytes are needed.")
        self.needed = needed


class Tail(io.RawIOBase):
    """The last bytes of a file as if they were the whole file, which is all that `zipfile` needs to read a directory.

    Reading before them raises TailTooShort.
    """

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data[-size:] if size else b""
        self._size = size
        self._at = 0

    @property
    def _start(self) -> int:
        return self._size - len(self._data)

    @property
    def end(self) -> bytes:
        """The bytes that can hold the end record with the longest comment."""
        return self._data[-MAX_END_BYTES:]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the start of the file")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Read at most a directory of the largest size, because `zipfile` reads it at once and creates all entries."""
        if size > MAX_DIRECTORY_BYTES:
            raise too_many_entries()
        if self._at < self._start and size != 0:
            raise _too_short(self._size - self._at)
        begin = self._at - self._start
        data = self._data[begin:] if size < 0 else self._data[begin : begin + size]
        self._at += len(data)
        if data.count(DIRECTORY_ENTRY) > MAX_ENTRIES:
            raise too_many_entries()
        return data


def refuse_parts(tail: Tail) -> None:
    """Raise Unusable for a part of an archive that was split, whose directory refers to other files."""
    at = tail.end.rfind(END_RECORD)
    record = tail.end[at : at + END_RECORD_BYTES] if at >= 0 else b""
    if len(record) < END_RECORD_BYTES:
        return
    this_part, first_part = struct.unpack("<2H", record[4:8])
    if (this_part or first_part) and 0xFFFF not in (this_part, first_part):
        raise Unusable(
            texts.SPLIT_ZIP,
            texts.JOIN_PARTS,
        )


def _too_short(needed: int) -> Exception:
    return TailTooShort(needed) if needed <= MAX_TAIL_BYTES else too_many_entries()


def too_many_entries() -> Unusable:
    return Unusable(
        texts.TOO_MANY_ENTRIES.format(most=MAX_ENTRIES),
        texts.SPLIT,
    )


UTF8_NAME = 0x800
MAX_NAME_BYTES = 1024
MAX_LEVELS = 50
SHOWN_CHARACTERS = 60
EXAMPLES = 5


def refuse_endless_names(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse long and deep names before anything else is done with them, because that would be slow."""
    refuse_names(
        _shortened(entry.orig_filename for entry in entries if _name_bytes(entry) > MAX_NAME_BYTES),
        texts.NAME_TOO_LONG.format(most=MAX_NAME_BYTES),
        texts.SHORTEN_PATH,
    )
    refuse_names(
        _shortened(entry.orig_filename for entry in entries if _levels(entry.orig_filename) > MAX_LEVELS),
        texts.TOO_DEEP.format(most=MAX_LEVELS),
        texts.FEWER_FOLDERS,
    )


def are_windows_paths(entries: list[zipfile.ZipInfo]) -> bool:
    """Return whether all paths are written with backslashes, as some old tools do."""
    names = [entry.orig_filename for entry in entries]
    return any("\\" in name for name in names) and not any("/" in name for name in names)


def _name_bytes(entry: zipfile.ZipInfo) -> int:
    return len(entry.orig_filename.encode("utf-8" if entry.flag_bits & UTF8_NAME else "cp437"))


def _levels(name: str) -> int:
    return max(name.count(mark) - name.endswith(mark) for mark in "/\\") + 1


def _shortened(names: Iterator[str]) -> list[str]:
    return [f"{name[:SHOWN_CHARACTERS]}…" for name in names]


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Decode a name. Many tools write UTF-8 without the flag for it."""
    if entry.flag_bits & UTF8_NAME:
        return entry.orig_filename
    try:
        return entry.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return entry.orig_filename


def clean_path(name: str) -> str:
    """Return a path without "." and doubled slashes, in NFC, as rows name files. Raise Unusable if it leads outside."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    outside = name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in parts or not parts
    if outside or "\0" in name:
        raise Unusable(
            texts.PATH_OUTSIDE,
            texts.STAY_INSIDE,
            (name.replace("\0", "?"),),
        )
    if "\\" in name:
        raise Unusable(
            texts.MIXED_SLASHES,
            texts.CREATE_AGAIN,
            (name,),
        )
    if has_endless_marks(name):
        title = texts.TOO_MANY_MARKS.format(most=MAX_MARKS)
        raise Unusable(title, texts.RENAME, tuple(_shortened(iter([name]))))
    return normalize("NFC", "/".join(parts))


def refuse_doubles(files: list[str]) -> None:
    """Refuse two files with the same name, and a name that is both a file and a folder."""
    seen: set[str] = set()
    doubles = [path for path in files if path in seen or seen.add(path)]  # type: ignore[func-returns-value]
    refuse_names(doubles, texts.SAME_NAMES, texts.RENAME)
    refuse_names(list(_inside_files(files)), texts.FILE_AND_FOLDER, texts.RENAME)


def _inside_files(files: list[str]) -> Iterator[str]:
    """Find paths inside of files. Since NUL is in no path, the contents of a folder follow it in this order."""
    outer = ""
    for path in sorted(files, key=lambda path: path.replace("/", "\0")):
        if outer and path.startswith(f"{outer}/"):
            yield path
        else:
            outer = path


def refuse_names(found: list[str], title: str, advice: str) -> None:
    if found:
        raise Unusable(title, advice, tuple(found[:EXAMPLES]))


MAX_UNPACKED_BYTES = 20 * 1024**3
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 10 * 1024 * 1024
LOCAL_HEADER_BYTES = 30
ENCRYPTED = 0x1 | 0x40 | 0x2000  # the entry, strong encryption, a masked directory
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for a malicious directory.
UNREADABLE = (zipfile.BadZipFile, struct.error, OSError, ValueError, NotImplementedError, OverflowError, IndexError)


@dataclass
class Directory:
    """The files and folders of an archive as clean relative paths."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def read_directory(tail: Tail) -> Directory:
    """Read the directory. Raise Unusable, and TailTooShort if more bytes are needed."""
    refuse_parts(tail)
    try:
        with zipfile.ZipFile(tail) as archive:
            entries, end = archive.infolist(), archive.start_dir
    except UNREADABLE:
        raise Unusable(
            texts.NOT_A_ZIP,
            texts.MAYBE_INCOMPLETE,
        ) from None
    refuse_endless_names(entries)
    _refuse_unreadable(entries)
    _refuse_bombs(entries)
    _refuse_overlaps(entries, end)
    return _directory(entries)


def _directory(entries: list[zipfile.ZipInfo]) -> Directory:
    separator = "\\" if are_windows_paths(entries) else "/"
    names = [entry_name(entry).replace(separator, "/") for entry in entries]
    paths = [(clean_path(name), name.endswith("/")) for name in names]
    directory = Directory([path for path, is_dir in paths if not is_dir], [path for path, is_dir in paths if is_dir])
    refuse_doubles(directory.files)
    return directory


def _refuse_unreadable(entries: list[zipfile.ZipInfo]) -> None:
    _refuse(
        [entry for entry in entries if entry.flag_bits & ENCRYPTED],
        texts.ENCRYPTED,
        texts.CREATE_UNLOCKED,
    )
    kinds = {id(entry): stat.S_IFMT(entry.external_attr >> 16) for entry in entries}
    _refuse(
        [entry for entry in entries if kinds[id(entry)] == stat.S_IFLNK],
        texts.LINKS,
        texts.WITHOUT_LINKS,
    )
    _refuse(
        [entry for entry in entries if kinds[id(entry)] not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)],
        texts.STRANGE_ENTRY,
        texts.CREATE_AGAIN,
    )
    _refuse(
        [entry for entry in entries if entry.compress_type not in METHODS],
        texts.COMPRESSION,
        texts.USE_DEFLATE,
    )


def _refuse_bombs(entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise Unusable(texts.TOO_LARGE_UNPACKED.format(most=MAX_UNPACKED_BYTES // 1024**3), texts.SPLIT)
    _refuse(
        [
            entry
            for entry in entries
            if entry.file_size > RATIO_MATTERS_FROM_BYTES and entry.file_size > MAX_RATIO * entry.compress_size
        ],
        texts.SUSPICIOUS_FILE.format(most=MAX_RATIO),
        texts.LEAVE_OUT,
    )
    unpacked, packed = (sum(getattr(entry, name) for entry in entries) for name in ("file_size", "compress_size"))
    if unpacked > RATIO_MATTERS_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise Unusable(
            texts.SUSPICIOUS.format(most=MAX_RATIO),
            texts.STORE,
        )


def _refuse_overlaps(entries: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse files that overlap or lie outside of the archive, by the least size that each can have."""
    places = sorted(
        (entry.header_offset, LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size) for entry in entries
    )
    starts = [start for start, _ in places] + [end]
    reaches_over = any(
        start + length > following for (start, length), (_, following) in zip(places, pairwise(starts), strict=True)
    )
    if reaches_over or starts[0] < 0:
        raise Unusable(texts.OVERLAP, texts.CREATE_AGAIN)


def _refuse(found: list[zipfile.ZipInfo], title: str, advice: str) -> None:
    refuse_names([entry.filename for entry in found], title, advice)
