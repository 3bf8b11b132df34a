"""How many statements a save of the grid takes: the database serves many people who type at the same time."""

from collections.abc import Callable
from typing import Any

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


def test_a_save_of_the_grid_takes_few_statements(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(21)
    grid.shown = grid.job
    assert count(lambda: grid.change(3, "input_text", "Hello 3", "Goodbye")) <= 19
    assert count(lambda: grid.change(2, "target_language", "French", "Klingon")) <= 24
    assert count(lambda: grid.change(2, "input_text", "Hello 2", "Farewell")) <= 20
    assert count(lambda: grid.change(2, "target_language", "Klingon", "French")) <= 23
    assert count(lambda: grid.type(22, "Hello 22", "French")) <= 24
    assert count(lambda: grid.create(22)) <= 29
