"""How many statements a save of the grid takes: the database serves many people who type at the same time."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.fake_api import FakeApi

from .conftest import TypedGrid

UNCOUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def count(act: Callable[[], Any]) -> int:
    """Return the number of statements, without those of the session and of savepoints."""
    with CaptureQueriesContext(connection) as captured:
        assert act().status_code == 200
    statements = [query["sql"] for query in captured.captured_queries]
    return len([sql for sql in statements if not sql.startswith(UNCOUNTED) and "session_data" not in sql])


@pytest.fixture
def filled(grid: TypedGrid, api: FakeApi) -> TypedGrid:
    grid.fill(21)
    return grid


def test_a_saved_cell_takes_few_statements(filled: TypedGrid) -> None:
    assert count(lambda: filled.change(2, "input_text", "Hello 2", "Goodbye")) <= 19


def test_a_cell_that_resolves_an_error_takes_few_statements(filled: TypedGrid) -> None:
    assert count(lambda: filled.change(2, "target_language", "French", "Klingon")) <= 24
    assert count(lambda: filled.change(2, "input_text", "Hello 2", "Goodbye")) <= 20
    assert count(lambda: filled.change(2, "target_language", "Klingon", "French")) <= 23


def test_a_new_row_takes_few_statements(filled: TypedGrid) -> None:
    assert count(lambda: filled.type(22, "Hello 22", "French")) <= 24


def test_rows_that_are_created_take_few_statements(filled: TypedGrid) -> None:
    assert count(lambda: filled.create(21)) <= 28
