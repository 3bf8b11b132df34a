"""The rows that the URL of a page selects, and the filters above a list of rows."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.entry.models import ImportRow, RowCounts
from pipelines_portal.entry.rows.tasks import ATTENTION
from pipelines_portal.web.parameters import number_in

LAST_PAGE, LARGEST_NUMBER = 100_000, 10**9
_S = ImportRow.Status
# The filters by their names in URLs: the word, the color in the grid, and the statuses of the rows.
FILTERS: dict[str, tuple[str, str, tuple[ImportRow.Status, ...]]] = {
    "": ("All", "", ()),
    "created": ("Created", "", (_S.CREATED,)),
    "errors": ("Errors", "failed", (_S.TO_FIX, _S.REJECTED)),
    "waiting": ("Ready", "", (_S.READY, _S.REQUESTED)),
    "duplicates": ("Duplicates", "warning", (_S.DUPLICATE,)),
    "skipped": ("Skipped", "", (_S.SKIPPED,)),
    "ready": ("Ready", "", (_S.READY,)),
    "unconfirmed": ("Unconfirmed", "", (_S.UNCONFIRMED,)),
}
OF_GRID = ("", "errors", "duplicates", "skipped", "ready")
OF_SENT = ("created", "skipped", "errors", "waiting", "duplicates", "unconfirmed")
# The page of a sent import shows these even if no row is of theirs.
ALWAYS_SHOWN = ("", ATTENTION, "created", "skipped", "errors")
# The word for ready rows while the import is being sent: nobody has to do anything about them.
WAITING = "Waiting"


@dataclass(frozen=True)
class Selection:
    """The rows that a URL selects: a filter or a task's status, an error or the field of it, and a page.

    `show` is called `status` in the URL of a sent import, whose pages begin after a row number.
    """

    show: str = ""
    reason: str = ""
    field: str = ""
    # 0 if the URL names none.
    page: int = 0
    all_fields: bool = False
    after: int = 0

    @classmethod
    def load(cls, data: Any) -> "Selection":
        """Read the selection of the grid from a query string, or from a form that carries it."""
        show, page = data.get("show", ""), number_in(data.get("page", ""), LAST_PAGE) or 0
        name = data.get("field", "").replace("\0", "")[:200]
        return cls(
            show if show in OF_GRID else "", data.get("reason", "")[:40], name, page, data.get("fields") == "all"
        )

    @classmethod
    def load_sent(cls, data: Any) -> "Selection":
        """Read the selection of the page of a sent import from a query string."""
        show = data.get("status", "")
        is_known = show in OF_SENT or show == ATTENTION or TaskStatus.known(show) is not None
        return cls(show if is_known else "", after=number_in(data.get("after", ""), LARGEST_NUMBER) or 0)

    @property
    def statuses(self) -> tuple[ImportRow.Status, ...]:
        """The statuses of the selected rows, or () for all."""
        return FILTERS[self.show][2]

    @property
    def is_by_task(self) -> bool:
        """Whether the statuses of tasks decide, and not what became of the rows."""
        return self.show not in FILTERS

    def query(self, **changes: Any) -> str:
        """Return the query string with changes. Without `page` among them, it is that of the first page."""
        values = {"show": self.show, "reason": self.reason, "field": self.field, "page": ""}
        return _query(values | {"fields": "all" if self.all_fields else ""} | changes)

    def query_after(self, number: int = 0) -> str:
        """Return the query string of the page of a sent import that begins after a row."""
        return _query({"status": self.show, "after": number or ""})

    @property
    def here(self) -> str:
        return self.query(page=self.page or "")


def _query(values: dict[str, Any]) -> str:
    return f"?{urlencode({name: value for name, value in values.items() if value})}"


@dataclass(frozen=True)
class RowChip:
    """A filter above a list. `status` colors it, and `count` is None if it is not known."""

    name: str
    word: str
    status: str
    count: int | None
    is_current: bool
    address: str


def chips_of_grid(selection: Selection, counts: RowCounts, total: int) -> list[RowChip]:
    """Return the filters with their numbers of rows. `total` is the number of all shown rows."""
    numbers = {name: counts.sum_of(FILTERS[name][2]) for name in OF_GRID} | {"": total}
    return [
        RowChip(
            name,
            FILTERS[name][0],
            FILTERS[name][1],
            numbers[name],
            name == selection.show and not selection.reason and not selection.field,
            selection.query(show=name, reason="", field=""),
        )
        for name in OF_GRID
        if numbers[name] or not name or name == selection.show
    ]


def chips_of_sent(selection: Selection, counts: RowCounts, attention: int, *, is_sending: bool) -> list[RowChip]:
    """Return the filters of a sent import, and the chosen status of tasks if there is one."""
    numbers: dict[str, int | None] = {"": counts.total, ATTENTION: attention}
    numbers |= {name: counts.sum_of(FILTERS[name][2]) for name in OF_SENT}
    words = {"": FILTERS[""][0], ATTENTION: "Tasks that need attention"} | {name: FILTERS[name][0] for name in OF_SENT}
    if is_sending:
        words["waiting"] = WAITING
    if status := TaskStatus.known(selection.show):
        numbers[status.value], words[status.value] = None, f"Tasks: {status.label}"
    return [
        RowChip(name, word, "", numbers[name], name == selection.show, Selection(name).query_after())
        for name, word in words.items()
        if name in ALWAYS_SHOWN or name == selection.show or numbers[name]
    ]
