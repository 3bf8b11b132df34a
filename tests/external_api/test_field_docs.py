"""The examples on the integrators' page about values, tried with the API."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.external_api.workflows.field_types import FIELD_TYPES, field_type

PAGE = Path(__file__).resolve().parents[2] / "docs" / "integrators" / "fields.md"
# The workflow of the examples.
CONFIG: dict[str, dict[str, Any]] = {
    "rating": {"min": 1, "max": 5},
    "select": {"options": ["French", "German"]},
    "ranking": {"options": ["A", "B"]},
}
ROWS = [line.strip("|").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
IN_CODE = re.compile("`([^`]+)`")
EXAMPLES = [
    (kind, json.loads(example), column == 2)
    for cells in ROWS
    for kind in IN_CODE.findall(cells[0])
    for column in (2, 3)
    for example in IN_CODE.findall(cells[column])
]


def test_every_type_is_on_the_page() -> None:
    assert {kind for kind, _, _ in EXAMPLES} == set(FIELD_TYPES)


@pytest.mark.parametrize(("kind", "value", "is_good"), EXAMPLES, ids=str)
def test_an_example_is_judged_as_the_page_says(kind: str, value: Any, is_good: bool) -> None:
    """S124, S132: a caller can rely on the page."""
    field = {"name": "answer", "type": kind} | CONFIG.get(kind, {})
    assert (field_type(kind).check(field, value) is None) == is_good
