"""Rows with the archive's paths filled in, for a person to complete: the other fields are theirs to say."""

from pathlib import PurePosixPath

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core.formulas import safe_cell
from pipelines_portal.spreadsheets.limits import MAX_ROWS
from pipelines_portal.uploads.archive.derived_rows import is_junk
from pipelines_portal.uploads.archive.directory import Directory
from pipelines_portal.uploads.archive.tail import Unusable
from pipelines_portal.workflows.fields.base import FieldValues


def rows_to_complete(directory: Directory, schema: Schema) -> list[FieldValues]:
    """One row a folder, where the files in it are called like the fields; else one row a file. Raises Unusable."""
    names = [file_field.name for file_field in schema.file_fields]
    paths = sorted(path for path in directory.files if not is_junk(path))
    rows = _row_a_folder(paths, names) if len(names) > 1 else []
    rows = rows or [{names[0]: path} for path in paths]
    if len(rows) > MAX_ROWS:
        raise Unusable(
            f"The ZIP file would need {len(rows):,} rows; at most {MAX_ROWS:,} go into one upload.",
            "Split it into several and upload one after the other.",
        )
    return rows


def _row_a_folder(paths: list[str], names: list[str]) -> list[FieldValues]:
    """As the API derives tasks, at whatever depth: a file goes to the field that its name is. Empty when none does."""
    by_folded_name = {name.casefold(): name for name in reversed(names)}
    rows: dict[str, FieldValues] = {}
    for path in sorted(paths, key=lambda path: (PurePosixPath(path).stem not in names, path)):
        stem = PurePosixPath(path).stem
        if name := stem if stem in names else by_folded_name.get(stem.casefold()):
            rows.setdefault(str(PurePosixPath(path).parent), {}).setdefault(name, path)
    return [rows[folder] for folder in sorted(rows)]


def headers(schema: Schema) -> list[str]:
    """What heads the columns: each field's title, where it says which field is meant; else its name."""
    taken = [called for field in schema.fields for called in {_folded(field.name), _folded(field.label)}]
    return [_header(field, taken.count(_folded(field.label))) for field in schema.fields]


def _header(field: Field, fields_of_that_title: int) -> str:
    is_plain = bool(field.label.strip()) and safe_cell(field.label) == field.label
    return field.label if is_plain and fields_of_that_title == 1 else field.name


def _folded(name: str) -> str:
    return name.strip().casefold()


def lines(rows: list[FieldValues], schema: Schema) -> list[list[str]]:
    """The header, and a line a row: what is not known yet stays empty."""
    return [headers(schema), *([str(row.get(field.name, "")) for field in schema.fields] for row in rows)]
