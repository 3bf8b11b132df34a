"""Derive rows from the files of an archive.

The portal derives them by itself (uploads/archive/rows.py). Tests compare its preview with what this code makes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipelines_portal.core.zip_archives import is_junk, path_in_archive

MAX_ROWS = 5_000


class NoRowsError(Exception):
    """The archive has no rows or too many. The message says which."""


@dataclass
class ZipRow:
    """A row: the path of the file of each field, the files that match no field, and other errors by field."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    unknown_files: list[str] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)


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
    if len(rows) == 1 and (hint := _zipped_folder(rows[0], file_fields)):
        rows[0].errors.append((file_fields[0], hint))
    return rows


def _zipped_folder(row: ZipRow, file_fields: list[str]) -> str:
    """Return what to do if somebody zipped a folder instead of its contents, else ""."""
    levels = max((path.count("/") for path in row.unknown_files), default=0)
    if row.files or levels < min(len(file_fields), 2):
        return ""
    content = "files" if len(file_fields) == 1 else "folders"
    return f"All {content} are in the folder {row.name}/: put them at the top level of the ZIP"


def _row(top: str, paths: list[str], file_fields: list[str]) -> ZipRow:
    is_file = paths == [top]
    if len(file_fields) > 1 and not is_file:
        return _folder_row(top, paths, file_fields)
    if len(file_fields) == 1 and is_file:
        return ZipRow(top, files={file_fields[0]: top})
    return ZipRow(top, unknown_files=paths)


def _folder_row(top: str, paths: list[str], file_fields: list[str]) -> ZipRow:
    """Assign each file to the field that its stem names, exactly or else ignoring case. A second one is an error."""
    row = ZipRow(top)
    folded = {name.casefold(): name for name in reversed(file_fields)}
    stems = {path: PurePosixPath(path).stem if path.count("/") == 1 else "" for path in paths}
    for path in sorted(paths, key=lambda path: (stems[path] not in file_fields, path)):
        name = stems[path] if stems[path] in file_fields else folded.get(stems[path].casefold())
        if not name:
            row.unknown_files.append(path)
        elif row.files.setdefault(name, path) != path:
            row.errors.append((name, f"Two files for {name}: {row.files[name]} and {path}"))
    return row


class PathHints:
    """Tells what a row may have meant by a path that is not in the archive."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = {path.casefold(): path for path in sorted(paths, reverse=True)}
        tops = {path.partition("/")[0] for path in self._paths.values() if not is_junk(path)}
        # The folder that contains everything, if there is one.
        self._folder = tops.pop() if len(tops) == 1 else ""

    def hint(self, path: str) -> str:
        """Return a sentence with the right path, or ""."""
        folded = path_in_archive(path.replace("\\", "/")).casefold()
        if found := self._paths.get(folded):
            kind = "is skipped as a system or hidden file" if is_junk(found) else "differs only in case or slashes"
            return f"A file in the ZIP {kind}: {found}"
        found = self._paths.get(f"{self._folder}/{folded}".casefold())
        return f"All files are in a folder of the ZIP; this one is {found}" if found else ""
