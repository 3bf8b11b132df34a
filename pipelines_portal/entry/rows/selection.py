"""The rows that the URL of a page selects, and the filters above a list of rows."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pipelines_portal.entry.models import ImportRow, RowCounts
from pipelines_portal.submissions.result import RowChip
from pipelines_portal.web.parameters import number_in

LAST_PAGE = 100_000
_S = ImportRow.Status
# The filters by their names in URLs: the word, the color in the grid, and the statuses of the rows.
FILTERS: dict[str, tuple[str, str, tuple[ImportRow.Status, ...]]] = {
    "": ("All", "", ()),
    "created": ("Created", "", (_S.CREATED,)),
    "errors": ("Errors", "failed", (_S.TO_FIX, _S.REJECTED)),
    "look": ("To look at", "warning", (_S.TO_LOOK,)),
    "waiting": ("Ready", "", (_S.READY, _S.REQUESTED)),
    "duplicates": ("Duplicates", "warning", (_S.DUPLICATE,)),
    "skipped": ("Skipped", "", (_S.SKIPPED,)),
    "ready": ("Ready", "", (_S.READY,)),
    "unconfirmed": ("Unconfirmed", "", (_S.UNCONFIRMED,)),
}
OF_GRID = ("", "errors", "look", "duplicates", "skipped", "ready")
# The word for ready rows while the import is being sent: nobody has to do anything about them.
WAITING = "Waiting"


@dataclass(frozen=True)
class Selection:
    """The rows that a URL selects: a filter, an error or the field of it, and a page."""

    show: str = ""
    reason: str = ""
    field: str = ""
    # 0 if the URL names none.
    page: int = 0
    all_fields: bool = False

    @classmethod
    def load(cls, data: Any) -> "Selection":
        """Read the selection of the grid from a query string, or from a form that carries it."""
        show, page = data.get("show", ""), number_in(data.get("page", ""), LAST_PAGE) or 0
        name = data.get("field", "").replace("\0", "")[:200]
        return cls(
            show if show in OF_GRID else "", data.get("reason", "")[:40], name, page, data.get("fields") == "all"
        )

    @property
    def statuses(self) -> tuple[ImportRow.Status, ...]:
        """The statuses of the selected rows, or () for all."""
        return FILTERS[self.show][2]

    def query(self, **changes: Any) -> str:
        """Return the query string with changes. Without `page` among them, it is that of the first page."""
        values = {"show": self.show, "reason": self.reason, "field": self.field, "page": ""}
        return _query(values | {"fields": "all" if self.all_fields else ""} | changes)

    @property
    def here(self) -> str:
        return self.query(page=self.page or "")


def _query(values: dict[str, Any]) -> str:
    return f"?{urlencode({name: value for name, value in values.items() if value})}"


def chips_of_grid(selection: Selection, counts: RowCounts, total: int, copies: int) -> list[RowChip]:
    """Return the filters with their numbers of rows.

    `total` is the number of all shown rows, and `copies` that of the duplicates that are unchanged copies.
    """
    words = {name: FILTERS[name][0] for name in OF_GRID}
    if copies:
        words["duplicates"] = "Unchanged copies" if copies == counts.duplicate else "Duplicates and copies"
    numbers = {name: counts.sum_of(FILTERS[name][2]) for name in OF_GRID} | {"": total}
    return [
        RowChip(
            name,
            words[name],
            FILTERS[name][1],
            numbers[name],
            name == selection.show and not selection.reason and not selection.field,
            selection.query(show=name, reason="", field=""),
        )
        for name in OF_GRID
        if name == selection.show or numbers[name] or not name
    ]
