"""Derive rows from the files of an archive: as the External API makes tasks of them, and as the portal shows before."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipelines_portal.core.zip_archives import is_junk

MAX_ROWS = 5_000


@dataclass
class ZipRow:
    """A row: the path of the file of each field, and the files that match no field.

    `second_files` are those for a field that has a file already, each with the field.
    """

    name: str
    files: dict[str, str] = field(default_factory=dict)
    unknown_files: list[str] = field(default_factory=list)
    second_files: list[tuple[str, str]] = field(default_factory=list)
    is_folder: bool = False

    @property
    def entry(self) -> str:
        """The name as a person sees it: that of a folder ends with a slash."""
        return f"{self.name}/" if self.is_folder else self.name


def derive_rows(paths: Iterable[str], folders: Iterable[str], file_fields: list[str]) -> list[ZipRow]:
    """Return the rows of the archive's top level, sorted by name.

    With one file field, each top-level file is a row; with several, each top-level folder is. Other entries of the top
    level become rows that fail, so that the sender learns about them.
    """
    tops: dict[str, list[str]] = {}
    if len(file_fields) > 1:
        tops = {folder.split("/")[0]: [] for folder in folders if not is_junk(folder)}
    for path in sorted(path for path in paths if not is_junk(path)):
        tops.setdefault(path.split("/")[0], []).append(path)
    return [_row(top, tops[top], file_fields) for top in sorted(tops)]


def _row(top: str, paths: list[str], file_fields: list[str]) -> ZipRow:
    is_folder = paths != [top]
    if len(file_fields) > 1 and is_folder:
        return _folder_row(top, paths, file_fields)
    if len(file_fields) == 1 and not is_folder:
        return ZipRow(top, files={file_fields[0]: top})
    return ZipRow(top, unknown_files=paths, is_folder=is_folder)


def _folder_row(top: str, paths: list[str], file_fields: list[str]) -> ZipRow:
    """Assign each file to the field that its stem names, exactly or else ignoring case."""
    row = ZipRow(top, is_folder=True)
    folded = {name.casefold(): name for name in reversed(file_fields)}
    stems = {path: PurePosixPath(path).stem if path.count("/") == 1 else "" for path in paths}
    for path in sorted(paths, key=lambda path: (stems[path] not in file_fields, path)):
        name = stems[path] if stems[path] in file_fields else folded.get(stems[path].casefold())
        if not name:
            row.unknown_files.append(path)
        elif row.files.setdefault(name, path) != path:
            row.second_files.append((name, path))
    return row
