"""Read the directory of an archive from the last bytes of the file.

`Unusable` is raised for what the API refuses as a whole. Names were written by strangers: they are limited in length,
decoded, and normalized.
"""

import io
import stat
import struct
import zipfile
from dataclasses import dataclass, field

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
from pipelines_portal.uploads import texts

# How the record at the very end begins, and how long it is without its comment.
END_RECORD, END_RECORD_BYTES = b"PK\x05\x06", 22
# The end record with the longest comment, and the two records of zip64 before it.
MAX_END_BYTES = 66_000
MAX_TAIL_BYTES = MAX_DIRECTORY_BYTES + MAX_END_BYTES
SHOWN_CHARACTERS = 60
EXAMPLES = 5
# What zipfile raises for a malicious directory.
UNREADABLE = (zipfile.BadZipFile, struct.error, OSError, ValueError, NotImplementedError, OverflowError, IndexError)


@dataclass
class Directory:
    """The files and folders of an archive as clean relative paths."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


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
            raise _too_many_entries()
        if self._at < self._start and size != 0:
            needed = self._size - self._at
            raise TailTooShort(needed) if needed <= MAX_TAIL_BYTES else _too_many_entries()
        start = self._at - self._start
        data = self._data[start:] if size < 0 else self._data[start : start + size]
        self._at += len(data)
        if data.count(DIRECTORY_ENTRY) > MAX_ENTRIES:
            raise _too_many_entries()
        return data


def _too_many_entries() -> Unusable:
    return Unusable(f"The ZIP file has more than {MAX_ENTRIES:,} entries", texts.SPLIT)


def read_directory(tail: Tail) -> Directory:
    """Read the directory. Raise Unusable, and TailTooShort if more bytes are needed."""
    _refuse_parts(tail)
    try:
        with zipfile.ZipFile(tail) as archive:
            entries, end = archive.infolist(), archive.start_dir
    except UNREADABLE:
        raise Unusable("Not a valid ZIP file", "It may be incomplete. Create it again.") from None
    # Names first: all else would be slow for endless ones.
    _refuse(
        [_shortened(entry.orig_filename) for entry in entries if is_name_long(entry)],
        f"A path in the ZIP file is longer than {MAX_NAME_BYTES:,} bytes",
        "Shorten the folder or file names.",
    )
    _refuse(
        [_shortened(entry.orig_filename) for entry in entries if is_name_deep(entry)],
        f"A path in the ZIP file is more than {MAX_LEVELS} levels deep",
        "Use fewer nested folders.",
    )
    _refuse_unreadable(entries)
    _refuse_bombs(entries)
    if entry := overlapping(entries, end):
        raise Unusable("Files in the ZIP file overlap", texts.CREATE_AGAIN, (entry.filename,))

    separator = "\\" if are_windows_paths(entries) else "/"
    directory, seen, doubles = Directory(), set[str](), list[str]()
    for entry in entries:
        name = decoded_name(entry).replace(separator, "/")
        path = _safe_path(name)
        if name.endswith("/"):
            directory.folders.append(path)
            continue
        if path in seen:
            doubles.append(path)
        seen.add(path)
        directory.files.append(path)
    _refuse(doubles, "Several files in the ZIP file have the same name", texts.RENAME)
    inner = list(files_inside_files(directory.files))
    _refuse(inner, "A name in the ZIP file is both a file and a folder", texts.RENAME)
    return directory


def _refuse_parts(tail: Tail) -> None:
    """Raise Unusable for a part of an archive that was split, whose directory refers to other files."""
    at = tail.end.rfind(END_RECORD)
    record = tail.end[at : at + END_RECORD_BYTES] if at >= 0 else b""
    if len(record) < END_RECORD_BYTES:
        return
    this_part, first_part = struct.unpack("<2H", record[4:8])
    if (this_part or first_part) and 0xFFFF not in (this_part, first_part):
        raise Unusable("This is one part of a split ZIP file", "Join the parts, or create it again as one file.")


def _safe_path(name: str) -> str:
    try:
        return safe_path(name)
    except UnsafeName as error:
        if error.problem is NameProblem.BACKSLASH:
            raise Unusable("Paths in the ZIP file use both “/” and “\\”", texts.CREATE_AGAIN, (name,)) from None
        if error.problem is NameProblem.ENDLESS_MARKS:
            title = f"A file name has a letter with more than {MAX_MARKS} accents"
            raise Unusable(title, texts.RENAME, (_shortened(name),)) from None
        raise Unusable(
            "A path in the ZIP file leads outside of it",
            "Paths can’t start with a slash or a drive (C:), or contain “..”. Create the ZIP file again.",
            (name.replace("\0", "?"),),
        ) from None


def _shortened(name: str) -> str:
    return f"{name[:SHOWN_CHARACTERS]}…"


def _refuse_unreadable(entries: list[zipfile.ZipInfo]) -> None:
    kinds = [(entry, stat.S_IFMT(entry.external_attr >> 16)) for entry in entries]
    _refuse(
        [entry.filename for entry in entries if entry.flag_bits & ENCRYPTED],
        "The ZIP file has a password",
        "Create it again without a password.",
    )
    _refuse(
        [entry.filename for entry, kind in kinds if kind == stat.S_IFLNK],
        "The ZIP file contains links instead of files",
        "Add the files themselves (with `zip`, leave out -y).",
    )
    _refuse(
        [entry.filename for entry, kind in kinds if kind not in (0, stat.S_IFREG, stat.S_IFDIR)],
        "The ZIP file contains something other than files and folders",
        texts.CREATE_AGAIN,
    )
    _refuse(
        [entry.filename for entry in entries if entry.compress_type not in METHODS],
        "The ZIP file uses an unsupported compression",
        "Create it again with the standard method, Deflate.",
    )


def _refuse_bombs(entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise Unusable(f"The unpacked files are larger than {MAX_UNPACKED_BYTES // 1024**3} GB", texts.SPLIT)
    if worst := most_inflated(entries):
        title = f"The files unpack to more than {MAX_RATIO} times their size"
        raise Unusable(title, "Leave out the largest, or store them without compression.", (worst.filename,))


def _refuse(found: list[str], title: str, advice: str) -> None:
    if found:
        raise Unusable(title, advice, tuple(found[:EXAMPLES]))
