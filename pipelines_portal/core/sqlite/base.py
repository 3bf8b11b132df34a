"""The module Django looks for in a database engine."""

from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base

MOST_KEPT = 2000


class Cursor(base.SQLiteCursorWrapper):
    """Django writes the marks of every query anew; of a small one, that is a third of the time."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        return _converted(query) if param_names is None else super().convert_query(query, param_names=param_names)


@lru_cache(MOST_KEPT)
def _converted(query: str) -> str:
    return base.SQLiteCursorWrapper.convert_query(None, query)  # type: ignore[arg-type]


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite, with our cursors."""

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)
