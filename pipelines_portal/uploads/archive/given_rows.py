"""What the API will say about rows that go along with an archive, and about the files they name."""

import unicodedata
from collections.abc import Container
from functools import partial
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core.file_names import LONGEST_FULL, in_sentence
from pipelines_portal.uploads.archive.derived_rows import is_junk
from pipelines_portal.uploads.archive.directory import Directory
from pipelines_portal.uploads.archive.findings import Finding, told_together
from pipelines_portal.uploads.archive.names import MAX_NAME_BYTES, has_endless_marks
from pipelines_portal.uploads.archive.preview import SHOWN, Preview, PreviewFile, PreviewRow, shown, summed_up
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.checking import objection_to, unknown_names
from pipelines_portal.workflows.fields.types import FILE_UPLOAD, type_of

# A name composed into MAX_NAME_BYTES has at most three times as many before.
LONGEST_PATH = 4 * MAX_NAME_BYTES
# Told of one row; one is enough for the API to reject it.
MOST_UNKNOWN = 10


def preview_before_rows(directory: Directory) -> Preview:
    """Nothing can be foretold yet: the files that the rows will have to name."""
    files = sorted(path for path in directory.files if not is_junk(path))
    ignored = len(directory.files) - len(files)
    return Preview(is_derived=False, file_count=len(files), files=files[:SHOWN], ignored_count=ignored)


def preview_of_rows(rows: list[FieldValues], directory: Directory, schema: Schema) -> Preview:
    """The tasks that these rows make together with the archive."""
    files = {path for path in directory.files if not is_junk(path)}
    findings = [_findings(number, row, schema, files) for number, row in enumerate(rows, 1)]
    preview = summed_up(findings, schema)
    preview.is_derived = False
    preview.problems += told_together(_unnamed(rows, files, schema), schema)
    preview.rows, preview.rejected_rows = shown(rows, findings, partial(_shown, schema=schema))
    return preview


def _unnamed(rows: list[FieldValues], files: set[str], schema: Schema) -> list[Finding]:
    """The files that go to no task: forgotten in the rows, perhaps."""
    values = [row.get(field.name) for row in rows for field in schema.file_fields]
    named = {as_in_archive(value) for value in values if isinstance(value, str)}
    return [Finding("unnamed", "", path, rejects=False) for path in sorted(files - named)]


def row_entry(number: int, row: FieldValues, schema: Schema) -> str:
    """What the result calls the row by: its number, and the first file it names."""
    paths = (row.get(field.name) for field in schema.file_fields)
    path = next((path for path in paths if isinstance(path, str) and not is_blank(path)), "")
    return f"row {number:,}, {path[:LONGEST_FULL]}" if path else f"row {number:,}"


def _findings(number: int, row: FieldValues, schema: Schema, files: Container[str]) -> list[Finding]:
    name = f"row {number:,}"
    unknown = unknown_names(row, schema)[:MOST_UNKNOWN]
    found = [Finding("unknown_field", f"No field is called {in_sentence(key)}", name, key) for key in unknown]
    for field in schema.fields:
        found += _about(field, row.get(field.name), name, files)
    return found


def _about(field: Field, value: Any, name: str, files: Container[str]) -> list[Finding]:
    if said := objection_to(field, value):
        return [Finding(said.kind, said.message, name, field.label)]
    if field.type == FILE_UPLOAD and not is_blank(value) and as_in_archive(value) not in files:
        message = f"{in_sentence(value)} is not in the ZIP file"
        return [Finding("not_in_archive", message, f"{name}: {value[:LONGEST_FULL]}", field.label)]
    return []


def as_in_archive(path: str) -> str:
    """A path as given, in the form in which the archive's own are compared."""
    if len(path) > LONGEST_PATH or has_endless_marks(path):
        return path  # no archive holds it
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return unicodedata.normalize("NFC", "/".join(parts))


def _shown(number: int, row: FieldValues, findings: list[Finding], schema: Schema) -> PreviewRow:
    files = [
        PreviewFile(str(row[field.name])[:LONGEST_FULL], field.label)
        for field in schema.file_fields
        if not is_blank(row.get(field.name))
    ]
    return PreviewRow(number, _glance(row, schema) or f"row {number:,}", files, [found.message for found in findings])


def _glance(row: FieldValues, schema: Schema) -> str:
    texts = (row.get(field.name) for field in schema.fields if type_of(field).tells_rows_apart)
    return next((str(text)[:80] for text in texts if not is_blank(text)), "")
