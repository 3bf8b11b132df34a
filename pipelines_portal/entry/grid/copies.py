"""Corrected copies: rows of the grid with the values of tasks that they are to replace."""

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.entry.rows.saving import Cell, PostedRow, save_rows
from pipelines_portal.entry.rows.typed import last_number
from pipelines_portal.values.field_values import FieldValues
from pipelines_portal.workflows.fields.types import type_of


def add_copies(import_job: ImportJob, by: User, values: dict[int, FieldValues]) -> int:
    """Add a row with the values of each task, which its task replaces once it is created. Raise CannotChange.

    Return the number of the first row.
    """
    numbers = _add_rows(import_job, list(values))
    posted = [PostedRow(number, _cells(import_job, values[task_id])) for number, task_id in numbers.items()]
    save_rows(import_job, by, posted, "Copy tasks")
    return min(numbers)


def _add_rows(import_job: ImportJob, task_ids: list[int]) -> dict[int, int]:
    """Create rows without texts. Return the tasks by the numbers of their rows."""
    with transaction.atomic():
        locked = import_job.lock()
        if locked is None or not locked.can_change_rows:
            raise CannotChange(texts.NOT_CHANGEABLE)
        numbers = dict(enumerate(task_ids, last_number(locked) + 1))
        rows = [
            ImportRow(import_job=locked, number=number, cells=[], corrects_task=task_id)
            for number, task_id in numbers.items()
        ]
        ImportRow.objects.bulk_create(rows)
    return numbers


def _cells(import_job: ImportJob, values: FieldValues) -> dict[str, Cell]:
    return {
        known.name: Cell("", type_of(known).as_text(values[known.name]))
        for known in import_job.parsed_schema.fields
        if values.get(known.name) is not None
    }
