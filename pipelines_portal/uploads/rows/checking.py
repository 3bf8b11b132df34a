"""What the API will say about given rows, and about the files they name."""

import unicodedata
from collections.abc import Container
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.uploads.archive.derived_rows import is_junk
from pipelines_portal.uploads.archive.directory import Directory
from pipelines_portal.uploads.archive.findings import Finding
from pipelines_portal.uploads.archive.preview import SHOWN, Preview, PreviewFile, PreviewRow, summed_up

from .reading import Fields
from .values import is_blank, objection

# Told of one row; one is enough for the API to reject it.
MOST_UNKNOWN = 10
# By the values of these a person tells rows apart.
TELLING_TYPES = ("short_text", "long_text", "select")


def preview_of_rows(rows: list[Fields], directory: Directory, schema: Schema) -> Preview:
    """The tasks that these rows make together with the archive."""
    files = {path for path in directory.files if not is_junk(path)}
    findings = [_findings(number, row, schema, files) for number, row in enumerate(rows, 1)]
    preview = summed_up(findings, schema)
    preview.is_derived = False
    preview.rows = [_shown(number, row, findings[number - 1], schema) for number, row in enumerate(rows[:SHOWN], 1)]
    return preview


def _findings(number: int, row: Fields, schema: Schema, files: Container[str]) -> list[Finding]:
    names = {field.name for field in schema.fields}
    name = f"row {number:,}"
    unknown = [key for key in row if key not in names][:MOST_UNKNOWN]
    found = [Finding("unknown_field", f"No field is called {key}", name, key) for key in unknown]
    for field in schema.fields:
        found += _about(field, row.get(field.name), name, files)
    return found


def _about(field: Field, value: Any, name: str, files: Container[str]) -> list[Finding]:
    if is_blank(value):
        return [Finding("missing", f"No {field.label}", name, field.label)] if field.required else []
    if said := objection(field, value):
        return [Finding("invalid", f"{field.label} {said}", name, field.label)]
    if field.type == "file_upload" and as_in_archive(value) not in files:
        return [Finding("not_in_archive", f"{value} is not in the archive", f"{name}: {value}", field.label)]
    return []


def as_in_archive(path: str) -> str:
    """A path as given, in the form in which the archive's own are compared."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return unicodedata.normalize("NFC", "/".join(parts))


def _shown(number: int, row: Fields, findings: list[Finding], schema: Schema) -> PreviewRow:
    files = [
        PreviewFile(str(row[field.name]), field.label)
        for field in schema.file_fields
        if not is_blank(row.get(field.name))
    ]
    return PreviewRow(number, _glance(row, schema) or f"row {number:,}", files, [found.message for found in findings])


def _glance(row: Fields, schema: Schema) -> str:
    texts = (row.get(field.name) for field in schema.fields if field.type in TELLING_TYPES)
    return next((str(text)[:80] for text in texts if not is_blank(text)), "")
