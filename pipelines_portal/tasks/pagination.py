"""The place of a page in a list: its cursor, and the cursors of the newer pages.

The API pages only forward. With the way back in the URL, reload, Back, a shared link and two tabs all work.
"""

from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import urlencode

from django.http import QueryDict

# As many newer pages can be gone back to one by one; past that, Newer skips to the first page.
MAX_PAGES = 40
# URLs may not grow without end either: proxies take 8,000 characters.
MAX_CHARACTERS = 3000
FIRST = ""


@dataclass(frozen=True)
class Pagination:
    """A place. `cursor` is "" on the first page; `newer` holds the cursors of the pages before it, from the first
    page's "".
    """

    cursor: str = FIRST
    newer: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict) -> "Pagination":
        cursor = query.get("cursor", "")
        return cls(cursor, _bounded(query.getlist("newer"))) if cursor else cls()

    def to_older(self, next_cursor: str) -> "Pagination":
        """Return the page behind this one."""
        return Pagination(next_cursor, _bounded([*self.newer, self.cursor]))

    def to_newer(self) -> "Pagination":
        """Return the page before this one; the first page if the way is not known."""
        if not self.newer:
            return Pagination()
        return Pagination(self.newer[-1], self.newer[:-1]) if self.newer[-1] else Pagination()

    def query(self, **more: str | int | list[str]) -> str:
        """Return the query of the URL: the values of `more` that are not empty, then the place."""
        parameters: list[tuple[str, str | int | list[str]]] = [(name, value) for name, value in more.items() if value]
        if self.cursor:
            parameters += [("cursor", self.cursor), *(("newer", cursor) for cursor in self.newer)]
        return f"?{urlencode(parameters, doseq=True)}" if parameters else "?"


def _bounded(newer: list[str]) -> tuple[str, ...]:
    """Return the nearest pages of the way back."""
    lengths = list(accumulate(len(cursor) for cursor in reversed(newer)))
    count = sum(length <= MAX_CHARACTERS for length in lengths[:MAX_PAGES])
    return tuple(newer[len(newer) - count :])
