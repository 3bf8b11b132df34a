"""The rules for ZIP archives from strangers on which both programs must agree: limits, names and junk.

The External API refuses what breaks them, and the portal says so before the archive is sent.
"""

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from enum import Enum, auto

from pipelines_portal.core.unicode_forms import has_endless_marks, normalize

# How each entry of the directory begins.
DIRECTORY_ENTRY = b"PK\x01\x02"
MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
MAX_ENTRIES = 50_000
MAX_UNPACKED_BYTES = 20 * 1024**3
# Deflate reaches 1032:1, ordinary documents less than 50:1. All files together are limited, but not a single white
# picture, nor files that are small together.
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 100 * 1024 * 1024
LOCAL_HEADER_BYTES = 30
ENCRYPTED = 0x1 | 0x40 | 0x2000  # the entry, strong encryption, a masked directory
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

UTF8_NAME = 0x800
MAX_NAME_BYTES = 1024
MAX_LEVELS = 50
# A name composed into MAX_NAME_BYTES has at most three times as many before.
LONGEST_PATH = 4 * MAX_NAME_BYTES
# In lower case: Windows writes some of them in several ways.
JUNK_NAMES = frozenset({"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini"})
# Dotfiles, and the files in which Office notes who has a document open.
JUNK_STARTS = (".", "~$")


class NameProblem(Enum):
    """Why a name cannot be used."""

    OUTSIDE = auto()
    BACKSLASH = auto()
    ENDLESS_MARKS = auto()


class UnsafeName(Exception):
    def __init__(self, problem: NameProblem) -> None:
        super().__init__(problem.name)
        self.problem = problem


def most_inflated(entries: Collection[zipfile.ZipInfo]) -> zipfile.ZipInfo | None:
    """Return the worst file if all files together unpack to too many times their size, else None."""
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if unpacked <= RATIO_MATTERS_FROM_BYTES or unpacked <= MAX_RATIO * packed:
        return None
    return max(entries, key=lambda entry: entry.file_size - MAX_RATIO * entry.compress_size)


def overlapping(entries: Iterable[zipfile.ZipInfo], end: int) -> zipfile.ZipInfo | None:
    """Return a file that shares bytes with another or lies outside of the archive, whose directory begins at `end`.

    A small archive could repeat a large file many times. Each file has at least its header, name and packed bytes.
    """
    for entry in sorted(entries, key=lambda entry: entry.header_offset, reverse=True):
        length = LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size
        if entry.header_offset < 0 or entry.header_offset + length > end:
            return entry
        end = entry.header_offset
    return None


def are_windows_paths(entries: Iterable[zipfile.ZipInfo]) -> bool:
    """Return whether all paths are written with backslashes, as some old tools do."""
    names = [entry.orig_filename for entry in entries]
    return any("\\" in name for name in names) and not any("/" in name for name in names)


def is_name_long(entry: zipfile.ZipInfo) -> bool:
    """Return whether a name is too long. Ask this and `is_name_deep` first: all else would be slow for such names."""
    encoding = "utf-8" if entry.flag_bits & UTF8_NAME else "cp437"
    return len(entry.orig_filename.encode(encoding)) > MAX_NAME_BYTES


def is_name_deep(entry: zipfile.ZipInfo) -> bool:
    name = entry.orig_filename
    return max(name.count(mark) - name.endswith(mark) for mark in "/\\") >= MAX_LEVELS


def decoded_name(entry: zipfile.ZipInfo) -> str:
    """Return the decoded name. Many tools write UTF-8 without the flag for it; other names are in code page 437."""
    if entry.flag_bits & UTF8_NAME:
        return entry.orig_filename
    try:
        return entry.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return entry.orig_filename


def safe_path(name: str) -> str:
    """Return a name as a clean relative path in NFC, as rows name files. Raise UnsafeName."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in parts or not parts or "\0" in name:
        raise UnsafeName(NameProblem.OUTSIDE)
    if "\\" in name:
        raise UnsafeName(NameProblem.BACKSLASH)
    if has_endless_marks(name):
        raise UnsafeName(NameProblem.ENDLESS_MARKS)
    return normalize("NFC", "/".join(parts))


def path_in_archive(path: str) -> str:
    """Return a path that a row names as `safe_path` writes those of the archive."""
    if len(path) > LONGEST_PATH or has_endless_marks(path):
        return path  # no archive contains it
    return normalize("NFC", "/".join(part for part in path.split("/") if part not in ("", ".")))


def is_junk(path: str) -> bool:
    """Return whether a path is skipped: a dotfile, or a file that operating systems leave behind."""
    return any(part.lower() in JUNK_NAMES or part.startswith(JUNK_STARTS) for part in path.split("/"))


def files_inside_files(paths: Iterable[str]) -> Iterator[str]:
    """Yield paths whose folder is another file.

    No path contains NUL, so in this order the contents of a folder directly follow it.
    """
    outer = ""
    for path in sorted(paths, key=lambda path: path.replace("/", "\0")):
        if outer and path.startswith(f"{outer}/"):
            yield path
        else:
            outer = path
