"""Derive rows from the files of an archive.

The portal derives them by itself (uploads/archive/rows.py). Tests compare its preview with what this code makes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipelines_portal.core.zip_archives import is_junk

MAX_ROWS = 5_000


class NoRowsError(Exception):
    """The archive has no rows or too many. The message says which."""


@dataclass
class ZipRow:
    """A row: the path of the file of each field, and the files that match no field."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    unknown_files: list[str] = field(default_factory=list)


def derive_rows(paths: Iterable[str], folders: Iterable[str], file_fields: list[str]) -> list[ZipRow]:
    """Return the rows of the archive's top level, sorted by name. Raise NoRowsError if there are none or too many.

    With one file field, each top-level file is a row; with several, each top-level folder is. Other entries of the top
    level become rows that fail, so that the sender learns about them.
    """
    tops: dict[str, list[str]] = {}
    if len(file_fields) > 1:
        tops = {folder.split("/")[0]: [] for folder in folders if not is_junk(folder)}
    for path in sorted(path for path in paths if not is_junk(path)):
        tops.setdefault(path.split("/")[0], []).append(path)
    rows = [_row(top, tops[top], file_fields) for top in sorted(tops)]
    if not rows:
        raise NoRowsError("The archive holds no files to make tasks of.")
    if len(rows) > MAX_ROWS:
        raise NoRowsError(f"The archive makes {len(rows):,} tasks; at most {MAX_ROWS:,} are allowed.")
    return rows


def _row(top: str, paths: list[str], file_fields: list[str]) -> ZipRow:
    is_file = paths == [top]
    if len(file_fields) > 1 and not is_file:
        return _folder_row(top, paths, file_fields)
    if len(file_fields) == 1 and is_file:
        return ZipRow(top, files={file_fields[0]: top})
    return ZipRow(top, unknown_files=paths)


def _folder_row(top: str, paths: list[str], file_fields: list[str]) -> ZipRow:
    """Assign each file to the field that its stem names, exactly or else ignoring case. The first file by name wins."""
    row = ZipRow(top)
    folded = {name.casefold(): name for name in reversed(file_fields)}
    stems = {path: PurePosixPath(path).stem if path.count("/") == 1 else "" for path in paths}
    for path, stem in stems.items():
        if stem in file_fields:
            row.files.setdefault(stem, path)
    for path, stem in stems.items():
        name = stem if stem in file_fields else folded.get(stem.casefold())
        if name:
            row.files.setdefault(name, path)
        else:
            row.unknown_files.append(path)
    return row
