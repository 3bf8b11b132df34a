"""Where in the list an address is: the page's cursor, and the cursors of the newer pages on the way to it.

The API pages only forward. With the way back in the address, reload, Back, a shared link and two tabs all work.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

# As many newer pages can be gone back to one by one; past that, Newer skips to the first page.
LONGEST = 40
FIRST = ""


@dataclass(frozen=True)
class Pagination:
    """`cursor` is "" on the first page; `newer` holds the cursors of the pages before it, the first page's "" too."""

    cursor: str = FIRST
    newer: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict) -> "Pagination":
        cursor = query.get("cursor", "")
        return cls(cursor, tuple(query.getlist("newer"))[-LONGEST:]) if cursor else cls()

    def to_older(self, next_cursor: str) -> "Pagination":
        """The page behind this one."""
        return Pagination(next_cursor, (*self.newer, self.cursor)[-LONGEST:])

    def to_newer(self) -> "Pagination":
        """The page before this one; the first page when the way is not known."""
        if not self.newer:
            return Pagination()
        return Pagination(self.newer[-1], self.newer[:-1]) if self.newer[-1] else Pagination()

    def query(self, **more: str | int) -> str:
        """The address's query, "?…" or "?": of `more` what is not empty, then the place in the list."""
        said: list[tuple[str, str | int]] = [(name, value) for name, value in more.items() if value]
        if self.cursor:
            said += [("cursor", self.cursor), *(("newer", cursor) for cursor in self.newer)]
        return f"?{urlencode(said)}" if said else "?"
