"""The rows of an archive: those that the API derives by itself, and those that a person completes."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pipelines_portal.api_client import Schema
from pipelines_portal.core.zip_archives import is_junk
from pipelines_portal.spreadsheets.limits import MAX_ROWS
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.archive.directory import Directory, Unusable
from pipelines_portal.values.field_values import FieldValues
from pipelines_portal.workflows.titles import column_titles


@dataclass
class DerivedRow:
    """The task that an entry of the top level makes, with its files by field name."""

    entry: str
    files: dict[str, str] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)
    # Files for a field that already has a file.
    second_files: list[str] = field(default_factory=list)
    is_folder: bool = False


def derive_rows(directory: Directory, file_fields: list[str]) -> list[DerivedRow]:
    """Return the rows that the API derives: one for each file, or for each folder if there are several file fields.

    Entries of the other kind make rows too, which the API rejects. Raise Unusable.
    """
    contents = _by_top_level(directory, with_empty_folders=len(file_fields) > 1)
    rows = [_row(entry, contents[entry], file_fields) for entry in sorted(contents)]
    if not rows:
        raise Unusable("No file makes a task", "Hidden and system files are ignored.")
    if len(rows) > MAX_ROWS:
        raise Unusable(
            f"These files make {len(rows):,} tasks. At most {MAX_ROWS:,} fit into one upload",
            texts.SPLIT,
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
    """Match files with fields by their stems. An exact match comes before one that differs in case."""
    by_folded_name = {name.casefold(): name for name in reversed(file_fields)}
    for path in sorted(paths, key=lambda path: (_stem(path) not in file_fields, path)):
        stem = _stem(path)
        name = stem if stem in file_fields else by_folded_name.get(stem.casefold(), "")
        if not name:
            row.unmatched.append(path)
        elif row.files.setdefault(name, path) != path:
            row.second_files.append(path)
    return row


def _stem(path: str) -> str:
    """Return the stem of a file directly in its folder. Deeper ones fit no field."""
    return PurePosixPath(path).stem if path.count("/") == 1 else ""


def rows_to_complete(directory: Directory, schema: Schema) -> list[FieldValues]:
    """Return rows with the archive's paths, for a person to complete. Raise Unusable.

    There is one row for each folder whose files are named like the fields, or else one for each file.
    """
    names = [file_field.name for file_field in schema.file_fields]
    paths = sorted(path for path in directory.files if not is_junk(path))
    rows = _rows_by_folder(paths, names) if len(names) > 1 else []
    rows = rows or [{names[0]: path} for path in paths]
    if len(rows) > MAX_ROWS:
        raise Unusable(
            f"These files need {len(rows):,} rows. At most {MAX_ROWS:,} fit into one upload",
            texts.SPLIT,
        )
    return rows


def _rows_by_folder(paths: list[str], names: list[str]) -> list[FieldValues]:
    """Match files with fields as the API does, but at any depth. Return nothing if no file matches."""
    by_folded_name = {name.casefold(): name for name in reversed(names)}
    rows: dict[str, FieldValues] = {}
    for path in sorted(paths, key=lambda path: (PurePosixPath(path).stem not in names, path)):
        stem = PurePosixPath(path).stem
        if name := stem if stem in names else by_folded_name.get(stem.casefold()):
            rows.setdefault(str(PurePosixPath(path).parent), {}).setdefault(name, path)
    return [rows[folder] for folder in sorted(rows)]


def table_to_complete(rows: list[FieldValues], schema: Schema) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a file. Values that are not known yet are empty."""
    titles = column_titles({field.name: field.label for field in schema.fields})
    return list(titles.values()), [[str(row.get(name, "")) for name in titles] for row in rows]
