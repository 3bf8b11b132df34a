"""Which tasks the API makes of an archive by itself, when no rows go along."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipelines_portal.spreadsheets.limits import MAX_ROWS
from pipelines_portal.uploads.archive.directory import Directory
from pipelines_portal.uploads.archive.tail import Unusable


@dataclass
class DerivedRow:
    """The task that one entry of the top level makes: `files` by field name, and what fits no field."""

    entry: str
    files: dict[str, str] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    # Files of a field that another file has already: left out, and no harm done.
    passed_over: list[str] = field(default_factory=list)
    is_folder: bool = False


def is_junk(path: str) -> bool:
    """What operating systems leave behind, and dotfiles: the API passes over it."""
    return any(part.startswith(".") or part in ("__MACOSX", "Thumbs.db") for part in path.split("/"))


def derive_rows(directory: Directory, file_fields: list[str]) -> list[DerivedRow]:
    """One row an entry of the top level, by name: with one file field its files count, with several its folders.

    Entries of the other kind make rows too: the API rejects those by name. Raises Unusable.
    """
    contents = _by_top_level(directory, with_empty_folders=len(file_fields) > 1)
    rows = [_row(entry, contents[entry], file_fields) for entry in sorted(contents)]
    if not rows:
        raise Unusable("The ZIP file holds no file that makes a task.", "Hidden and system files do not count.")
    if len(rows) > MAX_ROWS:
        raise Unusable(
            f"The ZIP file makes {len(rows):,} tasks; at most {MAX_ROWS:,} go into one upload.",
            "Split it into several and upload one after the other.",
        )
    return rows


def _by_top_level(directory: Directory, *, with_empty_folders: bool) -> dict[str, list[str]]:
    contents: dict[str, list[str]] = {}
    if with_empty_folders:
        contents = {folder.split("/")[0]: [] for folder in directory.folders if not is_junk(folder)}
    for path in sorted(directory.files):
        if not is_junk(path):
            contents.setdefault(path.split("/")[0], []).append(path)
    return contents


def _row(entry: str, paths: list[str], file_fields: list[str]) -> DerivedRow:
    is_folder = paths != [entry]
    if is_folder and len(file_fields) > 1:
        return _matched(DerivedRow(entry, is_folder=True), paths, file_fields)
    if is_folder or len(file_fields) > 1:
        return DerivedRow(entry, unmatched=paths, is_folder=is_folder)
    return DerivedRow(entry, files={file_fields[0]: entry})


def _matched(row: DerivedRow, paths: list[str], file_fields: list[str]) -> DerivedRow:
    """By the file's name without its ending; one spelt exactly like the field goes before one in other case."""
    by_folded_name = {name.casefold(): name for name in reversed(file_fields)}
    for path in sorted(paths, key=lambda path: (_stem(path) not in file_fields, path)):
        stem = _stem(path)
        name = stem if stem in file_fields else by_folded_name.get(stem.casefold(), "")
        if not name:
            row.unmatched.append(path)
        elif row.files.setdefault(name, path) != path:
            row.passed_over.append(path)
    return row


def _stem(path: str) -> str:
    """Of a file that lies directly in its folder; deeper ones fit no field."""
    return PurePosixPath(path).stem if path.count("/") == 1 else ""
