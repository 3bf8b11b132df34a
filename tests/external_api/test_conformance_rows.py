"""Every statement of the API reference that can be tested is named by the test that proves it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# The checklist's rows are numbered S1 to S182. These are duties of clients, or say nothing that could be tested.
NOT_TESTABLE = {1, 38, 50, 66, 87, 98, 123, 126, 147, 166, 180}
ROWS = set(range(1, 183)) - NOT_TESTABLE


def docstrings() -> Iterator[str]:
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield ast.get_docstring(node) or ""


def test_each_row_is_named_by_a_test() -> None:
    """A row that nobody names is a promise that nobody keeps."""
    named = {int(number) for text in docstrings() for number in re.findall(r"\bS(\d+)\b", text)}
    assert sorted(ROWS - named) == []
    assert sorted(named - set(range(1, 183))) == []
