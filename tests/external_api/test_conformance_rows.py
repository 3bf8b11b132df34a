"""Every statement of the API reference that can be tested has a test whose docstring names it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# The checklist's rows are numbered S1 to S182. These are duties of clients, or cannot be tested.
NOT_TESTABLE = {1, 38, 50, 66, 87, 98, 123, 126, 147, 166, 180}
ROW = re.compile(r"\bS(\d+)\b")
ROWS = set(range(1, 183)) - NOT_TESTABLE


def docstrings() -> Iterator[str]:
    texts = (file.read_text() for file in TESTS.rglob("test_*.py"))
    for text in filter(ROW.search, texts):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield ast.get_docstring(node) or ""


def test_each_statement_has_a_test() -> None:
    named = {int(number) for text in docstrings() for number in ROW.findall(text)}
    assert sorted(ROWS - named) == []
    assert sorted(named - set(range(1, 183))) == []
