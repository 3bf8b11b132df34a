"""What the page of a check shows: the rows to fix, or others, some at a time, and which were sent before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.shared.among import Among
from pipelines_portal.submissions.models import SubmissionRow

from .counts import Counts
from .models import ErrorGroup, Import, ImportRow, RowState
from .reasons import named_in, numbers_of, numbers_with_fault_in
from .shown_rows import ShownRow, shown_rows

PAGE, TWINS_TOLD = 50, 5
TO_FIX = (RowState.TO_FIX, RowState.REJECTED)
# Which rows a page lists, by the word in its address.
LISTS: dict[str, tuple[str, ...]] = {
    "to-fix": TO_FIX,
    "twice": (RowState.TWICE,),
    "aside": (RowState.ASIDE,),
    "ready": (RowState.READY,),
}


@dataclass(frozen=True)
class Wanted:
    """What the address asks for: a list, of those to fix a reason or field alone, and the place in it."""

    show: str = "to-fix"
    reason: str = ""
    field: str = ""
    page: int = 1

    @property
    def is_of_a_field(self) -> bool:
        return self.show == "to-fix" and bool(self.field) and not self.reason

    @property
    def query(self) -> str:
        """Without the page."""
        chosen = {"show": self.show if self.show != "to-fix" else "", "reason": self.reason, "field": self.field}
        return urlencode({name: value for name, value in chosen.items() if value})


@dataclass
class RowPage:
    rows: list[ShownRow]
    first: int
    total: int
    page: int

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1 if self.last < self.total else 0


@dataclass(frozen=True)
class Twin:
    """A row that equals another of the file, or a task; nothing is known of the task while its request is unknown."""

    row: int
    same_as_row: int | None
    same_as_task: int | None
    sent_by: User | None
    sent_at: datetime | None


@dataclass(frozen=True)
class Place:
    """Where a page begins in its list, counted from 0; and how many rows the list has."""

    start: int
    total: int

    def page_of(self, of: Import, rows: list[ImportRow]) -> RowPage:
        """Raises Undecryptable."""
        return RowPage(shown_rows(of, rows), self.start + 1, self.total, self.start // PAGE + 1)


def rows_wanted(
    of: Import, wanted: Wanted, counts: Counts, groups: list[ErrorGroup], faulty: list[int]
) -> tuple[Place, QuerySet[ImportRow]]:
    """`groups` are all that have rows; `faulty` are as `faulty_in_field` says."""
    numbers, total = _numbers(of, wanted, counts, groups, faulty)
    start = (min(wanted.page, max(-(-total // PAGE), 1)) - 1) * PAGE
    few = numbers[start : start + PAGE]
    named = Q(number__in=few) if isinstance(few, list) else Q(Among("number", few))
    return Place(start, total), of.rows.filter(named, generation=of.generation).order_by("number")


def _numbers(
    of: Import, wanted: Wanted, counts: Counts, groups: list[ErrorGroup], faulty: list[int]
) -> tuple[Any, int]:
    """Those of the list, to be sliced, and how many there are."""
    if wanted.show == "to-fix" and wanted.reason:
        named: list[Any] = named_in(groups, wanted.reason)
        # Of one reason a row is in one group.
        return numbers_of([group.pk for group in named]), sum(group.row_count for group in named)
    if wanted.is_of_a_field:
        return faulty, len(faulty)
    # Of one state they come in their order out of the index.
    states = [state for state in LISTS[wanted.show] if _count(counts, state)]
    rows = of.rows.filter(generation=of.generation, state__in=states).order_by("number")
    return rows.values_list("number", flat=True), sum(_count(counts, state) for state in states)


def faulty_in_field(of: Import, wanted: Wanted) -> QuerySet[Any, int]:
    """The rows with something wrong in the field that is wanted, in order; none where none is."""
    found = numbers_with_fault_in(of, wanted.field)
    return found if wanted.is_of_a_field else found.none()


def _count(counts: Counts, state: str) -> int:
    return int(getattr(counts, RowState(state).name.lower()))


def first_twice(of: Import) -> QuerySet[ImportRow]:
    """What `twins_in` is to be given."""
    twice = of.rows.filter(generation=of.generation, state=RowState.TWICE).order_by("number")
    return twice.defer("edits")[:TWINS_TOLD]


def twins_in(rows: list[ImportRow], sent_as: list[SubmissionRow]) -> list[Twin]:
    """Each with who sent the task."""
    sent = {row.task_id: row.submission for row in sent_as}
    return [_twin(row, sent) for row in rows]


def sent_as(of: Import, rows: list[ImportRow]) -> QuerySet[SubmissionRow]:
    """What `twins_in` is to be given, too."""
    tasks = [row.same_as_task for row in rows if row.same_as_task]
    found = SubmissionRow.objects.filter(task_id__in=tasks, submission__workflow_id=of.workflow_id)
    return found.select_related("submission__owner")


def _twin(row: ImportRow, sent: dict[int | None, Any]) -> Twin:
    submission = sent.get(row.same_as_task) if row.same_as_task else None
    who, when = (submission.owner, submission.sent_at) if submission else (None, None)
    return Twin(row.number, row.same_as_row, row.same_as_task, who, when)


def schema_of(of: Import) -> Schema:
    return Schema.model_validate(of.schema)
