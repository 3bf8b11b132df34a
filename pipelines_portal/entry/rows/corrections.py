"""Rows of a file that were sent before with other values, and the corrected copies that they become.

The field that is used once says which task a row was. Without such a rule, a changed row is a new one.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.fixing import FixOutcome, change_rows, correct_task
from pipelines_portal.entry.rows.grown import rows_of_tasks, sent_otherwise
from pipelines_portal.entry.rows.row_list import GridRow, ListedCell, shown_value
from pipelines_portal.values.field_values import FieldValues, is_blank
from pipelines_portal.workflows.fields.types import type_of

LONGEST_BEFORE = 160


def create_corrected_copies(import_job: ImportJob, by: User, numbers: Callable[[], Iterable[int]]) -> FixOutcome:
    """Make rows corrected copies of the tasks that they were sent as, if the person may see these.

    Raise CannotChange.
    """
    tasks = sent_otherwise(import_job).values_list("duplicate_of_task", flat=True)
    visible = rows_of_tasks(import_job, (task for task in tasks if task), by)

    def correct(row: ImportRow) -> bool:
        return row.duplicate_of_task in visible and correct_task(row)

    return change_rows(import_job, by, "Create corrected copies", numbers, correct)


def add_values_before(import_job: ImportJob, rows: Iterable[GridRow], reader: User) -> None:
    """Add to the cells of rows that were sent before with other values what was sent, if the person may see it."""
    tasks = {each.row.number: task for each in rows if (task := _original(each.row))}
    if import_job.is_typed or not tasks:
        return
    sent, row_reader = rows_of_tasks(import_job, tasks.values(), reader), import_job.row_reader()
    for each in rows:
        original = sent.get(tasks.get(each.row.number, 0))
        if original and original.fields:
            values = row_reader.read(each.row.cells, each.row.edits, each.row.accepted_marks).values
            each.cells[:] = [_with_before(cell, values, original.fields) for cell in each.cells]


def _original(row: ImportRow) -> int | None:
    return row.corrects_task or (row.duplicate_of_task if row.status == ImportRow.Status.TO_FIX else None)


def _with_before(cell: ListedCell, values: FieldValues, before: FieldValues) -> ListedCell:
    known = cell.column.known
    value, old = values.get(known.name), before.get(known.name)
    if value == old or (is_blank(value) and is_blank(old)):
        return cell
    return replace(cell, before=_as_shown(known, old)[:LONGEST_BEFORE])


def _as_shown(known: Field, value: object) -> str:
    """Return a value that was sent as the cells show values."""
    if is_blank(value):
        return "empty"
    return shown_value(known, type_of(known).as_text(value))
