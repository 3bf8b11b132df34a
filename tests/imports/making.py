"""Imports as their files would have made them; used in the test's own process and inside a running portal."""

import json
from typing import Any

from pipelines_portal.api_client import Schema
from pipelines_portal.imports.matching import Column, Matching
from pipelines_portal.imports.models import Import, LineBlock, State
from pipelines_portal.saved_keys.models import SavedKey

GOOD = ["Hello", "French"]
HEADER = ["Text to translate", "Target language"]
NAMES = ["input_text", "target_language"]


def make_import(key: SavedKey, schema: Schema, rows: list[list[str]], **values: Any) -> Import:
    """Read and matched, and not checked yet. Its rows have the numbers from 2 on."""
    columns = [Column(header, name) for header, name in zip(HEADER, NAMES, strict=True)]
    of = Import.objects.create(
        key=key, workflow_id=42, workflow_name="Translations",
        schema=schema.model_dump(mode="json"), file_name="rows.csv", size_bytes=1, state=State.CHECKING,
        matching=Matching(0, columns).kept(), **{"owner": key.owner} | values,
    )  # fmt: skip
    keep_lines(of, [HEADER, *rows])
    return of


def keep_lines(of: Import, lines: list[list[str]]) -> None:
    numbered = [[number, cells] for number, cells in enumerate(lines, 1)]
    for number in range(0, len(numbered), 500):
        block = json.dumps(numbered[number : number + 500]).encode()
        LineBlock.objects.create(of=of, number=number // 500, data=LineBlock.packed(block))


def distinct(count: int) -> list[list[str]]:
    return [[f"Hello {number}", "French"] for number in range(count)]


def states(of: Import) -> dict[int, str]:
    """By row number."""
    of.refresh_from_db()
    return dict(of.rows.filter(generation=of.generation).values_list("number", "state"))
