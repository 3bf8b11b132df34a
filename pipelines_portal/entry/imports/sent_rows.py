"""The rows of a sent import, which nobody changes there: what became of each, and its task."""

from typing import Any

from django.db.models import QuerySet

from pipelines_portal.entry import texts
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.cells import LabelledError, RowTexts
from pipelines_portal.entry.rows.row_list import GridRow, look_of_row, read_rows, requests_on_the_wire
from pipelines_portal.entry.rows.tasks import read_index
from pipelines_portal.entry.statuses import ROW_FILTERS, WAITING, RowCounts
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.origin import title_of
from pipelines_portal.submissions.result import (
    ATTENTION,
    ROWS_PER_PAGE,
    ResultRow,
    ResultRows,
    ResultSelection,
    RowChip,
    chips_of,
    rows_with_tasks,
)
from pipelines_portal.workflows.models import OpenedWorkflow

OF_SENT = ("created", "skipped", "errors", "waiting", "duplicates", "unconfirmed")
# These are shown even if no row is of theirs.
ALWAYS_SHOWN = ("", ATTENTION, "created", "skipped", "errors")


def sent_chips(selection: ResultSelection, counts: RowCounts, attention: int, *, is_sending: bool) -> list[RowChip]:
    """Return the filters of a sent import. `attention` is the number of its tasks that need attention."""
    numbers = {"": counts.total, ATTENTION: attention}
    numbers |= {name: counts.sum_of(ROW_FILTERS[name].statuses) for name in OF_SENT}
    words = {"": ROW_FILTERS[""].word, ATTENTION: "Needs attention"}
    words |= {name: ROW_FILTERS[name].word for name in OF_SENT}
    if is_sending:
        words["waiting"] = WAITING
    return chips_of(selection, words, numbers, ALWAYS_SHOWN)


def sent_rows(sheet: Sheet, workflow: OpenedWorkflow, selection: ResultSelection) -> ResultRows:
    """Return a page of the selected rows, in the order of the file."""
    numbers: Any = _find_by_task(sheet, selection) if selection.is_by_task else _find(sheet, selection)
    found = read_rows(sheet, numbers)
    row_texts = RowTexts(sheet)
    on_the_wire = requests_on_the_wire(sheet, [shown.row for shown in found])
    rows = [
        ResultRow(
            shown.row.number,
            title_of(row_texts.by_field(shown.row), workflow.title_field),
            look_of_row(sheet, shown.row, on_the_wire),
            shown.task_id,
            shown.task,
            [(reason.marked, reason.rest) for reason in _reasons_of(shown)],
        )
        for shown in found[:ROWS_PER_PAGE]
    ]
    has_more = len(found) > ROWS_PER_PAGE
    return ResultRows(rows, selection, selection.query(rows[-1].number) if has_more else "")


def _reasons_of(shown: GridRow) -> list[LabelledError]:
    row = shown.row
    if row.status == Row.Status.DUPLICATE and row.duplicate_of_task:
        return [LabelledError("", f"Sent as {row.duplicate_of_task}")]
    if row.status == Row.Status.DUPLICATE:
        other = row.duplicate_of_row
        return [LabelledError("", texts.SAME_AS_ROW.format(row=other) if other else texts.SENT_BEFORE)]
    reasons = [LabelledError(cell.column.known.label, cell.message) for cell in shown.cells if cell.message]
    return [*reasons, *([LabelledError("", shown.message)] if shown.message else [])]


def _find(sheet: Sheet, selection: ResultSelection) -> QuerySet[Row, int]:
    """Select the numbers of the page's rows and of one more. An index alone answers it, whatever the filter."""
    rows = sheet.rows
    if selection.show:
        rows = sheet.lines.filter(status__in=ROW_FILTERS[selection.show].statuses)
    found = rows.filter(number__gt=selection.after).order_by("number").values_list("number", flat=True)
    return found[: ROWS_PER_PAGE + 1]


def _find_by_task(sheet: Sheet, selection: ResultSelection) -> list[int]:
    """Return the numbers of the page's rows and of one more, in the order of the file."""
    rows = SubmissionRow.objects.filter(submission__group=sheet.pk, number__gt=selection.after)
    found = rows_with_tasks(rows, read_index(sheet), selection.show).order_by("number")
    return [number for number in found.values_list("number", flat=True)[: ROWS_PER_PAGE + 1] if number]
