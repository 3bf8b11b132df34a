"""Imports without a file, for tests in process and inside a running portal."""

from typing import Any

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.reading import store_lines
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import Column, Matching
from pipelines_portal.spreadsheets.cells import Lines

GOOD = ["Hello", "French"]
HEADER = ["Text to translate", "Target language"]
NAMES = ["input_text", "target_language"]


def make_import(key: SavedKey, schema: Schema, rows: list[list[str]], **values: Any) -> Sheet:
    """Create an import that is matched and not yet checked. Its rows have the numbers from 2 on."""
    columns = [Column(header, name) for header, name in zip(HEADER, NAMES, strict=True)]
    sheet = Sheet.objects.create(
        key=key, workflow_id=42, workflow_name="Translations",
        schema=schema.model_dump(mode="json"), file_name="rows.csv", size_bytes=1, status=Sheet.Status.CHECKING,
        matching=Matching(0, columns).dump(), **{"owner": key.owner} | values,
    )  # fmt: skip
    lines: Lines = [(number, list(cells)) for number, cells in enumerate([HEADER, *rows], 1)]
    store_lines(sheet, lines)
    return sheet


def distinct(count: int) -> list[list[str]]:
    return [[f"Hello {number}", "French"] for number in range(count)]


def statuses(sheet: Sheet) -> dict[int, str]:
    """Return the status of each row by its number."""
    sheet.refresh_from_db()
    return dict(sheet.rows.values_list("number", "status"))
