"""The rows of a sent import, which nobody changes there: what became of each, and its task."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_status import Look
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.cells import LabelledError, RowTexts
from pipelines_portal.entry.rows.row_list import ROWS_PER_PAGE, GridRow, look_of_row, read_rows, requests_on_the_wire
from pipelines_portal.entry.rows.selection import Selection
from pipelines_portal.entry.rows.tasks import ATTENTION, attention_tasks, read_index
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.origin import title_of
from pipelines_portal.task_index.models import COUNTED, WorkflowIndex
from pipelines_portal.task_index.reads import OPEN
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass(frozen=True)
class SentRow:
    """A row of a sent import with a text that tells it apart, and what is wrong with it."""

    shown: GridRow
    text: str
    reasons: list[LabelledError]
    look: Look


@dataclass(frozen=True)
class SentRows:
    """A page of rows, which nobody changes there."""

    rows: list[SentRow]
    selection: Selection
    has_more: bool

    @property
    def here(self) -> str:
        return self.selection.query_after(self.selection.after)

    @property
    def first_page(self) -> str:
        return self.selection.query_after() if self.selection.after else ""

    @property
    def last_number(self) -> int:
        return self.rows[-1].shown.row.number

    @property
    def next(self) -> str:
        return self.selection.query_after(self.last_number) if self.has_more else ""


def sent_rows(import_job: ImportJob, workflow: OpenedWorkflow, selection: Selection) -> SentRows:
    """Return a page of the selected rows, in the order of the file."""
    if selection.is_by_task:
        numbers: Any = list(_find_by_task(import_job, workflow, read_index(import_job), selection))
    else:
        numbers = _find_numbers(import_job, selection)
    found = read_rows(import_job, numbers)
    row_texts = RowTexts(import_job)
    on_the_wire = requests_on_the_wire(import_job, [shown.row for shown in found])
    rows = [
        SentRow(
            shown,
            title_of(row_texts.by_field(shown.row), workflow.title_field),
            _reasons_of(shown),
            look_of_row(import_job, shown.row, on_the_wire),
        )
        for shown in found[:ROWS_PER_PAGE]
    ]
    return SentRows(rows, selection, has_more=len(found) > ROWS_PER_PAGE)


def _reasons_of(shown: GridRow) -> list[LabelledError]:
    row = shown.row
    if row.status == ImportRow.Status.DUPLICATE and row.duplicate_of_row:
        return [LabelledError("", texts.SAME_AS_ROW.format(row=row.duplicate_of_row))]
    if row.status == ImportRow.Status.DUPLICATE:
        task = row.duplicate_of_task
        return [LabelledError("", f"Same as task {task}" if task else texts.SENT_BEFORE)]
    reasons = [LabelledError(cell.column.known.label, cell.message) for cell in shown.cells if cell.message]
    return [*reasons, *([LabelledError("", shown.message)] if shown.message else [])]


def _find_numbers(import_job: ImportJob, selection: Selection) -> QuerySet[ImportRow, int]:
    """Select the numbers of the page's rows and of one more. An index alone answers it, whatever the filter."""
    rows = import_job.rows
    if selection.show:
        rows = import_job.lines.filter(status__in=selection.statuses)
    found = rows.filter(number__gt=selection.after).order_by("number").values_list("number", flat=True)
    return found[: ROWS_PER_PAGE + 1]


def _find_by_task(
    import_job: ImportJob, workflow: OpenedWorkflow, index: WorkflowIndex | None, selection: Selection
) -> dict[int, int]:
    """Return the tasks of the page's rows and of one more, by the number of the row, in the order of the file."""
    if index is None:
        return {}
    rows = SubmissionRow.objects.filter(submission__group=import_job.pk, number__gt=selection.after)
    if selection.show == ATTENTION:
        rows = rows.filter(task_id__in=attention_tasks(workflow))
    elif selection.show == TaskStatus.FINISHED:
        # A workflow may have far more finished tasks than the import has rows.
        finished = index.tasks.filter(COUNTED, task_id=OuterRef("task_id"), status=selection.show)
        rows = rows.filter(Exists(finished))
    else:
        listed = index.tasks.filter(OPEN, status=selection.show).order_by()
        rows = rows.filter(task_id__in=listed.values("task_id"))
    found = rows.order_by("number").values_list("number", "task_id")[: ROWS_PER_PAGE + 1]
    return {number: task_id for number, task_id in found if number and task_id}
