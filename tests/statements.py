"""Does something in the middle of what the portal does: right before one of its SQL statements."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def before_statement(beginning: str, act: Callable[[], object], nth: int = 1) -> Iterator[None]:
    """Call `act` once within the block, before the nth statement that begins so. Quotes in statements do not count."""
    seen = 0

    def execute(run: Callable[..., Any], sql: str, *more: Any) -> Any:
        nonlocal seen
        if sql.lstrip().replace('"', "").startswith(beginning):
            seen += 1
            if seen == nth:
                act()
        return run(sql, *more)

    with connection.execute_wrapper(execute):
        yield
    assert seen >= nth, f"No statement number {nth} begins with {beginning}"
