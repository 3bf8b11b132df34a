"""What the page of a check shows: the rows to fix, or others, some at a time, and which were sent before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.counts import Counts
from pipelines_portal.entry.imports.reasons import named_in, numbers_of, numbers_with_fault_in
from pipelines_portal.entry.imports.shown_rows import ShownRow, shown_rows
from pipelines_portal.entry.models import ErrorGroup, ImportJob, ImportRow
from pipelines_portal.submissions.models import SubmissionRow

PAGE, TWINS_TOLD = 50, 5
TO_FIX = (ImportRow.Status.TO_FIX, ImportRow.Status.REJECTED)
# Which rows a page lists, by the word in its address.
LISTS: dict[str, tuple[str, ...]] = {
    "to-fix": TO_FIX,
    "twice": (ImportRow.Status.DUPLICATE,),
    "aside": (ImportRow.Status.SET_ASIDE,),
    "ready": (ImportRow.Status.READY,),
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
    duplicate_of_row: int | None
    duplicate_of_task: int | None
    sent_by: User | None
    sent_at: datetime | None


def row_page(import_job: ImportJob, wanted: Wanted, counts: Counts, groups: list[ErrorGroup]) -> RowPage:
    """The rows that the address asks for. `groups` are all that have rows."""
    numbers, total = _numbers(import_job, wanted, counts, groups)
    start = (min(wanted.page, max(-(-total // PAGE), 1)) - 1) * PAGE
    rows = import_job.rows.filter(number__in=list(numbers[start : start + PAGE])).defer("fields").order_by("number")
    return RowPage(shown_rows(import_job, list(rows)), start + 1, total, start // PAGE + 1)


def _numbers(import_job: ImportJob, wanted: Wanted, counts: Counts, groups: list[ErrorGroup]) -> tuple[Any, int]:
    """Those of the list, to be sliced, and how many there are."""
    if wanted.show == "to-fix" and wanted.reason:
        named: list[Any] = named_in(groups, wanted.reason)
        # Of one reason a row is in one group.
        return numbers_of([group.pk for group in named]), sum(group.row_count for group in named)
    if wanted.is_of_a_field:
        faulty = numbers_with_fault_in(import_job, wanted.field)
        return faulty, faulty.count()
    # Of one state they come in their order out of the index.
    statuses = [status for status in LISTS[wanted.show] if _count(counts, status)]
    rows = import_job.rows.filter(status__in=statuses).order_by("number")
    return rows.values_list("number", flat=True), sum(_count(counts, status) for status in statuses)


def _count(counts: Counts, status: str) -> int:
    return int(getattr(counts, ImportRow.Status(status).name.lower()))


def duplicates_of(import_job: ImportJob) -> list[Twin]:
    """The first few, each with who sent the task."""
    rows = list(
        import_job.rows.filter(status=ImportRow.Status.DUPLICATE)
        .defer("cells", "edits", "fields")
        .order_by("number")[:TWINS_TOLD]
    )
    tasks = [row.duplicate_of_task for row in rows if row.duplicate_of_task]
    found = SubmissionRow.objects.filter(task_id__in=tasks, submission__workflow_id=import_job.workflow_id).defer(
        "fields"
    )
    sent = {row.task_id: row.submission for row in found.select_related("submission__owner")}
    return [_twin(row, sent) for row in rows]


def _twin(row: ImportRow, sent: dict[int | None, Any]) -> Twin:
    submission = sent.get(row.duplicate_of_task) if row.duplicate_of_task else None
    who, when = (submission.owner, submission.sent_at) if submission else (None, None)
    return Twin(row.number, row.duplicate_of_row, row.duplicate_of_task, who, when)


def schema_of(import_job: ImportJob) -> Schema:
    return Schema.model_validate(import_job.schema)
