"""What an archive holds, judged from its directory alone. Raises `Unusable` for what the API refuses as a whole."""

import stat
import struct
import zipfile
from dataclasses import dataclass, field
from itertools import pairwise

from pipelines_portal.uploads.archive.names import (
    MAKE_IT_ANEW,
    are_windows_paths,
    clean_path,
    entry_name,
    refuse_doubles,
    refuse_endless_names,
    refuse_names,
)
from pipelines_portal.uploads.archive.tail import Tail, Unusable, refuse_parts

MAX_UNPACKED_BYTES = 20 * 1024**3
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 10 * 1024 * 1024
LOCAL_HEADER_BYTES = 30
ENCRYPTED = 0x1 | 0x40 | 0x2000  # the entry, strong encryption, a masked directory
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# All that zipfile is known to raise on a directory made up by someone.
UNREADABLE = (zipfile.BadZipFile, struct.error, OSError, ValueError, NotImplementedError, OverflowError, IndexError)


@dataclass
class Directory:
    """Clean relative paths, as the API sees them."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def read_directory(tail: Tail) -> Directory:
    """Raises Unusable, and TailTooShort when more of the file's end is needed."""
    refuse_parts(tail)
    try:
        with zipfile.ZipFile(tail) as archive:
            entries, end = archive.infolist(), archive.start_dir
    except UNREADABLE:
        raise Unusable(
            "This is not a ZIP file, or it is damaged.",
            "If it was downloaded or copied, that may have broken off. " + MAKE_IT_ANEW,
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
        "The ZIP file is encrypted.",
        "Nobody can be asked for its password: make it anew without one.",
    )
    kinds = {id(entry): stat.S_IFMT(entry.external_attr >> 16) for entry in entries}
    _refuse(
        [entry for entry in entries if kinds[id(entry)] == stat.S_IFLNK],
        "The ZIP file holds links in the place of files.",
        "Put the files themselves in it (with `zip`, leave out the option -y).",
    )
    _refuse(
        [entry for entry in entries if kinds[id(entry)] not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)],
        "The ZIP file holds something that is neither file nor folder.",
        MAKE_IT_ANEW,
    )
    _refuse(
        [entry for entry in entries if entry.compress_type not in METHODS],
        "The ZIP file uses a compression that cannot be read.",
        "Make it anew with the ordinary method, Deflate.",
    )


def _refuse_bombs(entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise Unusable(
            f"Unpacked, the ZIP file is larger than {MAX_UNPACKED_BYTES // 1024**3} GiB.", "Split it into several."
        )
    _refuse(
        [
            entry
            for entry in entries
            if entry.file_size > RATIO_MATTERS_FROM_BYTES and entry.file_size > MAX_RATIO * entry.compress_size
        ],
        f"A file unpacks to more than {MAX_RATIO} times its size, which is taken for an attack.",
        "Leave it out, or store it without compression.",
    )
    unpacked, packed = (sum(getattr(entry, name) for entry in entries) for name in ("file_size", "compress_size"))
    if unpacked > RATIO_MATTERS_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise Unusable(
            f"The files unpack to more than {MAX_RATIO} times their size, which is taken for an attack.",
            "Store them without compression.",
        )


def _refuse_overlaps(entries: list[zipfile.ZipInfo], end: int) -> None:
    """The places of all files, each with the least it takes up; none may reach into the next, or past the last."""
    places = sorted(
        (entry.header_offset, LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size) for entry in entries
    )
    starts = [start for start, _ in places] + [end]
    reaches_over = any(
        start + length > following for (start, length), (_, following) in zip(places, pairwise(starts), strict=True)
    )
    if reaches_over or starts[0] < 0:
        raise Unusable("Files in the ZIP file overlap, or lie outside of it.", MAKE_IT_ANEW)


def _refuse(found: list[zipfile.ZipInfo], title: str, advice: str) -> None:
    refuse_names([entry.filename for entry in found], title, advice)
