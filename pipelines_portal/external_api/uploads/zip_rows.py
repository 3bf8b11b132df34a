"""What the API says of the rows that an archive makes, and of paths that it does not have."""

from collections.abc import Iterable, Iterator

from pipelines_portal.core.zip_archives import is_junk, path_in_archive
from pipelines_portal.core.zip_rows import MAX_ROWS, ZipRow, derive_rows


class NoRowsError(Exception):
    """The archive has no rows or too many. The message says which."""


def rows_of_files(paths: Iterable[str], folders: Iterable[str], names: list[str]) -> list[ZipRow]:
    """Return the rows that the files make. Raise NoRowsError."""
    rows = derive_rows(paths, folders, names)
    if not rows:
        raise NoRowsError("The archive holds no files to make tasks of.")
    if len(rows) > MAX_ROWS:
        raise NoRowsError(f"The archive makes {len(rows):,} tasks; at most {MAX_ROWS:,} are allowed.")
    return rows


def problems_of_files(rows: list[ZipRow], names: list[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield what is wrong with the files of each row: fields and messages."""
    for row in rows:
        found = [(name, f"Two files for {name}: {row.files[name]} and {path}") for name, path in row.second_files]
        if len(rows) == 1 and (hint := _zipped_folder(row, names)):
            found.append((names[0], hint))
        yield found


def _zipped_folder(row: ZipRow, file_fields: list[str]) -> str:
    """Return what to do if somebody zipped a folder instead of its contents, else ""."""
    levels = max((path.count("/") for path in row.unknown_files), default=0)
    if row.files or levels < min(len(file_fields), 2):
        return ""
    content = "files" if len(file_fields) == 1 else "folders"
    return f"All {content} are in the folder {row.name}/: put them at the top level of the ZIP"


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
