"""Names of files in archives, as strangers wrote them: bounded, decoded, and brought into one form."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable
from itertools import pairwise

UTF8_NAME = 0x800
MAX_NAME_BYTES = 1024
MAX_LEVELS = 50
# As many as a letter may carry in Unicode's stream-safe format. Composing takes the square of their number.
MAX_MARKS = 30


class ArchiveError(Exception):
    """The archive as a whole is unusable; the text says why, for the person who sent it."""


def are_windows_paths(entries: Iterable[zipfile.ZipInfo]) -> bool:
    """Whether every path is written with backslashes, as some old tools do; a name alone is no path."""
    names = [entry.orig_filename for entry in entries]
    return any("\\" in name for name in names) and not any("/" in name for name in names)


def check_name(entry: zipfile.ZipInfo) -> None:
    """Before anything is done with a name: a long or deep one costs more than it can be worth."""
    name = entry.orig_filename
    if len(name.encode("utf-8" if entry.flag_bits & UTF8_NAME else "cp437")) > MAX_NAME_BYTES:
        raise ArchiveError(f"A name in the archive is longer than {MAX_NAME_BYTES:,} bytes: {name[:60]}….")
    if max(name.count(mark) - name.endswith(mark) for mark in "/\\") >= MAX_LEVELS:
        raise ArchiveError(f"A name in the archive is more than {MAX_LEVELS} levels deep: {name[:60]}….")


def decoded_name(entry: zipfile.ZipInfo) -> str:
    """The entry's name. Without the flag for UTF-8 many write UTF-8 all the same; what is not, is code page 437."""
    name = entry.orig_filename
    if not entry.flag_bits & UTF8_NAME:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def safe_path(name: str) -> str:
    """`name` as a clean relative path in composed form (NFC); raises ArchiveError when it could lead elsewhere."""
    if name.startswith("/") or re.match("[A-Za-z]:", name) or "\\" in name or "\0" in name:
        raise ArchiveError(f"The archive holds an unsafe path: {name.replace(chr(0), '?')}.")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise ArchiveError(f"The archive holds an unsafe path: {name}.")
    if has_endless_marks(name):
        raise ArchiveError(f"A letter of a name in the archive carries more than {MAX_MARKS} marks: {name[:60]}….")
    return unicodedata.normalize("NFC", "/".join(parts))


def has_endless_marks(text: str) -> bool:
    """Whether one letter carries more accents and the like than any language gives it."""
    marks = 0
    for letter in "" if text.isascii() else text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > MAX_MARKS:
            return True
    return False


def file_inside_a_file(paths: list[str]) -> str | None:
    """A path that has another one as its folder. NUL is in no path, so what lies in a folder follows it at once."""
    ordered = sorted(paths, key=lambda path: path.replace("/", "\0"))
    return next((inner for outer, inner in pairwise(ordered) if inner.startswith(f"{outer}/")), None)
