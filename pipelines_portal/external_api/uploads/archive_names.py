"""Check, decode and normalize the names of files in archives from strangers."""

import re
import zipfile
from collections.abc import Iterable
from itertools import pairwise

from pipelines_portal.core.unicode_forms import MAX_MARKS, has_endless_marks, normalize

UTF8_NAME = 0x800
MAX_NAME_BYTES = 1024
MAX_LEVELS = 50


class ArchiveError(Exception):
    """The whole archive is unusable. The message tells the sender why."""


def are_windows_paths(entries: Iterable[zipfile.ZipInfo]) -> bool:
    """Return whether the paths use backslashes, as some old tools write them."""
    names = [entry.orig_filename for entry in entries]
    return any("\\" in name for name in names) and not any("/" in name for name in names)


def check_name(entry: zipfile.ZipInfo) -> None:
    """Raise ArchiveError for a name that is too long or too deep, before anything else processes it."""
    name = entry.orig_filename
    if len(name.encode("utf-8" if entry.flag_bits & UTF8_NAME else "cp437")) > MAX_NAME_BYTES:
        raise ArchiveError(f"A name in the archive is longer than {MAX_NAME_BYTES:,} bytes: {name[:60]}….")
    if max(name.count(mark) - name.endswith(mark) for mark in "/\\") >= MAX_LEVELS:
        raise ArchiveError(f"A name in the archive is more than {MAX_LEVELS} levels deep: {name[:60]}….")


def decoded_name(entry: zipfile.ZipInfo) -> str:
    """Return the decoded name. Many tools write UTF-8 without its flag; other names are in code page 437."""
    name = entry.orig_filename
    if not entry.flag_bits & UTF8_NAME:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def safe_path(name: str) -> str:
    """Return `name` as a clean relative path in NFC. Raise ArchiveError if it is unsafe."""
    if name.startswith("/") or re.match("[A-Za-z]:", name) or "\\" in name or "\0" in name:
        raise ArchiveError(f"The archive holds an unsafe path: {name.replace(chr(0), '?')}.")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise ArchiveError(f"The archive holds an unsafe path: {name}.")
    if has_endless_marks(name):
        raise ArchiveError(f"A letter of a name in the archive carries more than {MAX_MARKS} marks: {name[:60]}….")
    return normalize("NFC", "/".join(parts))


def file_inside_a_file(paths: list[str]) -> str | None:
    """Return a path whose folder is another file, or None.

    No path contains NUL, so in this order the contents of a folder directly follow it.
    """
    ordered = sorted(paths, key=lambda path: path.replace("/", "\0"))
    return next((inner for outer, inner in pairwise(ordered) if inner.startswith(f"{outer}/")), None)
