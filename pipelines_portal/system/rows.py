"""The rows of the System page: what, its state, its value, and what to do if it is wrong."""

from dataclasses import dataclass
from datetime import datetime

from pipelines_portal.guide.pages import link_to

OK, PROBLEM, WARNING, PLAIN = "finished", "failed", "warning", ""
ICONS = {OK: "finished", PROBLEM: "failed", WARNING: "escalated", PLAIN: ""}
WORDS = {OK: "OK", PROBLEM: "Problem", WARNING: "Note", PLAIN: ""}


@dataclass(frozen=True)
class Row:
    """A row. `state` is a data-status, `at` a time behind the value, and `guide` a page with its anchor."""

    name: str
    value: str
    state: str = PLAIN
    at: datetime | None = None
    advice: str = ""
    guide: str = ""
    # Lines below the value, each with its time.
    lines: tuple[tuple[datetime, str], ...] = ()
    is_code: bool = False

    @property
    def icon(self) -> str:
        return ICONS[self.state]

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def guide_address(self) -> str:
        page, mark, anchor = self.guide.partition("#")
        return f"{link_to(page)}{mark}{anchor}" if page else ""


@dataclass(frozen=True)
class SystemSection:
    """Rows under a title. `anchor` is its id in the page."""

    anchor: str
    title: str
    rows: tuple[Row, ...]

    @property
    def has_problem(self) -> bool:
        return any(row.state == PROBLEM for row in self.rows)
