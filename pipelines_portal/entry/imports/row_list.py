"""All rows of an import: what became of each, and the last known status of its task."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_status import Look
from pipelines_portal.entry.models import Counts, ImportJob, ImportRow
from pipelines_portal.entry.rows.cells import LabelledError, RowTexts, labelled_errors
from pipelines_portal.entry.rows.row_list import LOOKS, requests_on_the_wire
from pipelines_portal.entry.rows.tasks import ATTENTION, attention_tasks, known_tasks, read_index, tasks_of
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.origin import telling_value
from pipelines_portal.task_index.models import COUNTED, IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import OPEN
from pipelines_portal.web.parameters import number_in
from pipelines_portal.workflows.models import OpenedWorkflow

ROWS_PER_PAGE = 100
LARGEST_NUMBER = 10**9
_S = ImportRow.Status
# The filters by what became of a row: the word, and the statuses of the rows.
FILTERS: dict[str, tuple[str, tuple[ImportRow.Status, ...]]] = {
    "created": ("Created", (_S.CREATED,)),
    "skipped": ("Skipped", (_S.SET_ASIDE,)),
    "errors": ("Errors", (_S.TO_FIX, _S.REJECTED)),
    "waiting": ("Ready", (_S.READY, _S.REQUESTED)),
    "duplicates": ("Duplicates", (_S.DUPLICATE,)),
    "unconfirmed": ("Unconfirmed", (_S.UNCONFIRMED,)),
}
# The word for ready rows while the import is being sent: nobody has to do anything about them.
WAITING = "Waiting"
# These are shown even if no row is of theirs.
ALWAYS_SHOWN = ("", ATTENTION, "created", "skipped", "errors")
TO_FIX = (_S.TO_FIX, _S.REJECTED)


@dataclass(frozen=True)
class Selection:
    """The rows that the page's address selects: a filter or a task's status, and those after a row number."""

    status: str = ""
    after: int = 0

    @classmethod
    def load(cls, query: Any) -> "Selection":
        status = query.get("status", "")
        is_known = status in FILTERS or status == ATTENTION or TaskStatus.known(status) is not None
        return cls(status if is_known else "", number_in(query.get("after", ""), LARGEST_NUMBER) or 0)

    @property
    def is_by_task(self) -> bool:
        """Whether the statuses of tasks decide, and not what became of the rows."""
        return bool(self.status) and self.status not in FILTERS

    def query(self, after: int = 0) -> str:
        """Return the query string with another start."""
        values = {"status": self.status, "after": after or ""}
        return f"?{urlencode({name: value for name, value in values.items() if value})}"


@dataclass(frozen=True)
class Chip:
    """A filter above the list. `count` is None if it is not known."""

    status: str
    word: str
    count: int | None
    is_current: bool


@dataclass(frozen=True)
class ListedRow:
    """A row with its text, its task if it became one, and what is wrong with it."""

    row: ImportRow
    text: str
    task_id: int | None
    task: IndexedTask | None
    reasons: list[LabelledError]
    look: Look


@dataclass(frozen=True)
class RowList:
    """A page of rows. `next` is the address of the next page, or ""."""

    rows: list[ListedRow]
    selection: Selection
    has_more: bool

    @property
    def here(self) -> str:
        return self.selection.query(self.selection.after)

    @property
    def first_page(self) -> str:
        return self.selection.query() if self.selection.after else ""

    @property
    def last_number(self) -> int:
        return self.rows[-1].row.number

    @property
    def next(self) -> str:
        return self.selection.query(self.last_number) if self.has_more else ""


def list_rows(import_job: ImportJob, workflow: OpenedWorkflow, selection: Selection) -> RowList:
    """Return a page of the selected rows, in the order of the file."""
    index = read_index(import_job)
    if selection.is_by_task:
        task_ids = _find_by_task(import_job, workflow, index, selection)
        found = _read_rows(import_job, list(task_ids))
    else:
        found = _read_rows(import_job, _find_numbers(import_job, selection))
        task_ids = tasks_of(found)
    rows = found[:ROWS_PER_PAGE]
    tasks = known_tasks(index, [task_ids[row.number] for row in rows if row.number in task_ids])
    wrong = [row for row in rows if row.status in TO_FIX]
    reasons = labelled_errors(import_job, wrong) if wrong else {}
    row_texts = RowTexts(import_job)
    on_the_wire = requests_on_the_wire(import_job, rows)
    listed = [
        ListedRow(
            row,
            telling_value(row_texts.by_field(row), workflow.telling_field),
            task_ids.get(row.number),
            tasks.get(task_ids.get(row.number, 0)),
            reasons.get(row.number, []) or _duplicate_of(row),
            look_of_row(import_job, row, on_the_wire),
        )
        for row in rows
    ]
    return RowList(listed, selection, has_more=len(found) > ROWS_PER_PAGE)


def status_of(row: ImportRow, on_the_wire: set[UUID]) -> ImportRow.Status:
    """Return what people read: a row is ready while its request waits, for example for a key that works."""
    is_held = row.status == _S.REQUESTED and row.submission_id not in on_the_wire
    return _S.READY if is_held else _S(row.status)


def look_of_row(import_job: ImportJob, row: ImportRow, on_the_wire: set[UUID]) -> Look:
    """Return what people see of a row whose task is not known."""
    status = status_of(row, on_the_wire)
    is_waiting = status == _S.READY and import_job.status == ImportJob.Status.SENDING
    return LOOKS[status]._replace(word=WAITING) if is_waiting else LOOKS[status]


def chips(selection: Selection, counts: Counts, attention: int, *, is_sending: bool) -> list[Chip]:
    """Return the filters with their numbers of rows, and the chosen status of tasks if there is one."""
    numbers: dict[str, int | None] = {"": counts.total, ATTENTION: attention}
    numbers |= {name: sum(getattr(counts, status) for status in statuses) for name, (_, statuses) in FILTERS.items()}
    words = {"": texts.ALL_ROWS, ATTENTION: texts.NEEDS_ATTENTION} | {name: word for name, (word, _) in FILTERS.items()}
    if is_sending:
        words["waiting"] = WAITING
    if status := TaskStatus.known(selection.status):
        numbers[status.value], words[status.value] = None, texts.TASKS_OF_STATUS.format(status=status.label)
    shown = [name for name in words if name in ALWAYS_SHOWN or name == selection.status or numbers[name]]
    return [Chip(name, words[name], numbers[name], name == selection.status) for name in shown]


def _read_rows(import_job: ImportJob, numbers: list[int] | QuerySet[ImportRow, int]) -> list[ImportRow]:
    return list(import_job.lines.filter(number__in=numbers).defer("fields").order_by("number"))


def _find_numbers(import_job: ImportJob, selection: Selection) -> QuerySet[ImportRow, int]:
    """Select the numbers of the page's rows and of one more. An index alone answers it, whatever the filter."""
    rows = import_job.rows
    if selection.status:
        rows = import_job.lines.filter(status__in=FILTERS[selection.status][1])
    found = rows.filter(number__gt=selection.after).order_by("number").values_list("number", flat=True)
    return found[: ROWS_PER_PAGE + 1]


def _find_by_task(
    import_job: ImportJob, workflow: OpenedWorkflow, index: WorkflowIndex | None, selection: Selection
) -> dict[int, int]:
    """Return the tasks of the page's rows and of one more, by the number of the row, in the order of the file."""
    if index is None:
        return {}
    rows = SubmissionRow.objects.filter(submission__group=import_job.pk, number__gt=selection.after)
    if selection.status == ATTENTION:
        rows = rows.filter(task_id__in=attention_tasks(workflow))
    elif selection.status == TaskStatus.FINISHED:
        # A workflow may have far more finished tasks than the import has rows.
        finished = index.tasks.filter(COUNTED, task_id=OuterRef("task_id"), status=selection.status)
        rows = rows.filter(Exists(finished))
    else:
        listed = index.tasks.filter(OPEN, status=selection.status).order_by()
        rows = rows.filter(task_id__in=listed.values("task_id"))
    found = rows.order_by("number").values_list("number", "task_id")[: ROWS_PER_PAGE + 1]
    return {number: task_id for number, task_id in found if number and task_id}


def _duplicate_of(row: ImportRow) -> list[LabelledError]:
    if row.status != _S.DUPLICATE:
        return []
    if row.duplicate_of_row:
        return [LabelledError("", texts.SAME_AS_ROW.format(row=row.duplicate_of_row))]
    same = texts.SAME_AS_TASK.format(task=row.duplicate_of_task) if row.duplicate_of_task else texts.SENT_BEFORE
    return [LabelledError("", same)]
