"""What the API will say about rows that go along with an archive, and about the files they name."""

import unicodedata
from collections.abc import Container
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.fields.base import FieldValues, is_blank
from pipelines_portal.fields.checking import objection_to, unknown_names
from pipelines_portal.fields.types import FILE_UPLOAD, type_of

from .derived_rows import is_junk
from .directory import Directory
from .findings import Finding
from .preview import SHOWN, Preview, PreviewFile, PreviewRow, summed_up

# Told of one row; one is enough for the API to reject it.
MOST_UNKNOWN = 10


def preview_of_rows(rows: list[FieldValues], directory: Directory, schema: Schema) -> Preview:
    """The tasks that these rows make together with the archive."""
    files = {path for path in directory.files if not is_junk(path)}
    findings = [_findings(number, row, schema, files) for number, row in enumerate(rows, 1)]
    preview = summed_up(findings, schema)
    preview.is_derived = False
    preview.rows = [_shown(number, row, findings[number - 1], schema) for number, row in enumerate(rows[:SHOWN], 1)]
    return preview


def _findings(number: int, row: FieldValues, schema: Schema, files: Container[str]) -> list[Finding]:
    name = f"row {number:,}"
    unknown = unknown_names(row, schema)[:MOST_UNKNOWN]
    found = [Finding("unknown_field", f"No field is called {key}", name, key) for key in unknown]
    for field in schema.fields:
        found += _about(field, row.get(field.name), name, files)
    return found


def _about(field: Field, value: Any, name: str, files: Container[str]) -> list[Finding]:
    if said := objection_to(field, value):
        return [Finding(said.kind, said.message, name, field.label)]
    if field.type == FILE_UPLOAD and not is_blank(value) and as_in_archive(value) not in files:
        return [Finding("not_in_archive", f"{value} is not in the archive", f"{name}: {value}", field.label)]
    return []


def as_in_archive(path: str) -> str:
    """A path as given, in the form in which the archive's own are compared."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return unicodedata.normalize("NFC", "/".join(parts))


def _shown(number: int, row: FieldValues, findings: list[Finding], schema: Schema) -> PreviewRow:
    files = [
        PreviewFile(str(row[field.name]), field.label)
        for field in schema.file_fields
        if not is_blank(row.get(field.name))
    ]
    return PreviewRow(number, _glance(row, schema) or f"row {number:,}", files, [found.message for found in findings])


def _glance(row: FieldValues, schema: Schema) -> str:
    texts = (row.get(field.name) for field in schema.fields if type_of(field).tells_rows_apart)
    return next((str(text)[:80] for text in texts if not is_blank(text)), "")
