"""What the page of an import or an upload shows after it was sent: filters above the rows, and what became of each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.statuses import Look
from pipelines_portal.task_index.models import COUNTED, IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import OPEN, TO_SHOW
from pipelines_portal.web.parameters import number_in

ROWS_PER_PAGE = 100
LARGEST_NUMBER = 10**9
# The name of the tasks that need attention in URLs of pages.
ATTENTION = "attention"


@dataclass(frozen=True)
class ResultSelection:
    """The rows that the URL of the page selects: a filter or a status of tasks, and the row after which it begins."""

    show: str = ""
    after: int = 0

    @classmethod
    def load(cls, data: Any, filters: Collection[str]) -> Self:
        """Read the selection from a query string. `filters` are the names of those that are not about tasks."""
        show = data.get("status", "")
        selection = cls(show, number_in(data.get("after", ""), LARGEST_NUMBER) or 0)
        return selection if show in filters or selection.is_by_task else cls(after=selection.after)

    @property
    def is_by_task(self) -> bool:
        """Whether the statuses of tasks decide, and not what became of the rows."""
        return self.show == ATTENTION or TaskStatus.known(self.show) is not None

    def query(self, after: int = 0) -> str:
        values = {"status": self.show, "after": after}
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


@dataclass(frozen=True)
class ResultRow:
    """A row with a text that tells it apart. `reasons` are what is wrong with it: a field's label, and a sentence."""

    number: int
    text: str
    look: Look
    task_id: int | None = None
    task: IndexedTask | None = None
    reasons: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True)
class ResultRows:
    """A page of rows, which nobody changes there. Its addresses are query strings."""

    rows: list[ResultRow]
    selection: ResultSelection
    next: str = ""

    @property
    def here(self) -> str:
        return self.selection.query(self.selection.after)

    @property
    def first_page(self) -> str:
        return self.selection.query() if self.selection.after else ""

    @property
    def last_number(self) -> int:
        return self.rows[-1].number

    @property
    def task_count(self) -> int:
        return sum(1 for row in self.rows if row.task_id)

    @property
    def can_be_copied(self) -> bool:
        """Whether a filter selects the rows, and tasks are among them. Of all rows nobody wants copies."""
        return bool(self.selection.show and self.task_count)


def chips_of(
    selection: ResultSelection, words: dict[str, str], numbers: dict[str, int], always: Collection[str]
) -> list[RowChip]:
    """Return the filters in the order of `words`, and the chosen status of tasks. `always` are shown without rows."""
    shown: dict[str, int | None] = {**numbers}
    if status := TaskStatus.known(selection.show):
        words, shown = words | {status.value: f"Tasks: {status.label}"}, shown | {status.value: None}
    return [
        RowChip(name, word, "", shown[name], name == selection.show, ResultSelection(name).query())
        for name, word in words.items()
        if name in always or name == selection.show or shown[name]
    ]


def rows_with_tasks(rows: QuerySet[SubmissionRow], index: WorkflowIndex | None, show: str) -> QuerySet[SubmissionRow]:
    """Return those of the rows whose tasks have a status, or need attention, as far as the index knows."""
    if index is None:
        return rows.none()
    if show == TaskStatus.FINISHED:
        # A workflow may have far more finished tasks than were sent together.
        return rows.filter(Exists(index.tasks.filter(COUNTED, task_id=OuterRef("task_id"), status=show)))
    is_listed = index.tasks.filter(TO_SHOW, status__in=NEEDS_ATTENTION)
    if show != ATTENTION:
        is_listed = index.tasks.filter(OPEN, status=show)
    return rows.filter(task_id__in=is_listed.order_by().values("task_id"))
