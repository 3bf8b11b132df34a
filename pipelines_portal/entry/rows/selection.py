"""The rows that the URL of a page selects, and the filters above a list of rows."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pipelines_portal.entry.statuses import ROW_FILTERS, RowCounts, RowStatus
from pipelines_portal.submissions.result import RowChip
from pipelines_portal.web.parameters import number_in

LAST_PAGE = 100_000
OF_GRID = ("", "errors", "look", "duplicates", "skipped", "ready")


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
    def statuses(self) -> tuple[RowStatus, ...]:
        """The statuses of the selected rows, or () for all."""
        return ROW_FILTERS[self.show].statuses

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
    words = {name: ROW_FILTERS[name].word for name in OF_GRID}
    if copies:
        words["duplicates"] = "Unchanged copies" if copies == counts.duplicate else "Duplicates and copies"
    numbers = {name: counts.sum_of(ROW_FILTERS[name].statuses) for name in OF_GRID} | {"": total}
    return [
        RowChip(
            name,
            words[name],
            ROW_FILTERS[name].color,
            numbers[name],
            name == selection.show and not selection.reason and not selection.field,
            selection.query(show=name, reason="", field=""),
        )
        for name in OF_GRID
        if name == selection.show or numbers[name] or not name
    ]
