"""The rows of an archive: those that the API derives by itself, and those that a person completes."""

from pathlib import PurePosixPath

from pipelines_portal.api_client import Schema
from pipelines_portal.core.zip_archives import is_junk
from pipelines_portal.core.zip_rows import MAX_ROWS, ZipRow, derive_rows
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.archive.directory import Directory, Unusable
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.titles import column_titles


def rows_of(directory: Directory, file_fields: list[str]) -> list[ZipRow]:
    """Return the rows that the API makes of the files. Raise Unusable if there are none, or too many."""
    rows = derive_rows(directory.files, directory.folders, file_fields)
    if not rows:
        raise Unusable("No file makes a task", "Hidden and system files are ignored.")
    if len(rows) > MAX_ROWS:
        raise Unusable(
            f"These files make {len(rows):,} tasks. At most {MAX_ROWS:,} fit into one upload",
            texts.SPLIT,
        )
    return rows


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
