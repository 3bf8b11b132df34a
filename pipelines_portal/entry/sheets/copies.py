"""Corrected copies: rows of the grid with the values of tasks that they are to replace."""

from collections.abc import Iterator

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, PipelinesError
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.entry.rows.saving import Cell, PostedRow, save_rows
from pipelines_portal.entry.rows.typed import last_number
from pipelines_portal.entry.statuses import SENT
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow

# A larger group is copied in parts: the tasks that were replaced leave it.
MOST_COPIES = 500
PAGE, MOST_PAGES = 200, 25


def tasks_to_copy(group: ProblemGroup, client: PipelinesClient) -> tuple[list[int], list[int], bool]:
    """Return the newest tasks of a group, those of them whose status has changed since, and whether that is known.

    The statuses are read again from the API's lists.
    """
    wanted = group.tasks.order_by("-task_id").values_list("task_id", "status")[:MOST_COPIES]
    by_status: dict[str, list[int]] = {}
    for task_id, status in wanted:
        by_status.setdefault(status, []).append(task_id)
    tasks = sorted((task_id for ids in by_status.values() for task_id in ids), reverse=True)
    try:
        still = {one for status, ids in by_status.items() for one in _on_list(client, group, status, min(ids))}
    except PipelinesError:
        return tasks, [], False
    return [one for one in tasks if one in still], [one for one in tasks if one not in still], True


def _on_list(client: PipelinesClient, group: ProblemGroup, status: str, oldest: int) -> Iterator[int]:
    """Return the IDs on the API's list of a status, newest first, down to `oldest`."""
    cursor = None
    for _ in range(MOST_PAGES):
        page = client.list_tasks(group.workflow.workflow_id, status=status, limit=PAGE, cursor=cursor)
        yield from (task.id for task in page.tasks)
        cursor = page.next_cursor
        if not cursor or (page.tasks and page.tasks[-1].id <= oldest):
            return


def open_copies(sheet: Sheet | None, task_ids: list[int]) -> dict[int, int]:
    """Return the rows that are to replace these tasks and are not created yet, by the tasks."""
    if sheet is None:
        return {}
    rows = sheet.rows.filter(corrects_task__in=task_ids).exclude(status__in=(*SENT, Row.Status.SKIPPED))
    return {task: number for task, number in rows.order_by("-number").values_list("corrects_task", "number") if task}


def replaced_among(workflow: OpenedWorkflow, task_ids: list[int]) -> list[int]:
    """Return those of the tasks that corrected copies have replaced."""
    notes = TaskNote.objects.filter(workflow=workflow, task_id__in=task_ids, replaced_by__isnull=False)
    return sorted(notes.values_list("task_id", flat=True))


def add_copies(sheet: Sheet, by: User, values: dict[int, FieldValues]) -> int:
    """Add a row with the values of each task, which its task replaces once it is created. Raise CannotChange.

    Return the number of the first row.
    """
    numbers = _add_rows(sheet, list(values))
    posted = [PostedRow(number, _cells(sheet, values[task_id])) for number, task_id in numbers.items()]
    save_rows(sheet, by, posted, "Copy tasks")
    return min(numbers)


def _add_rows(sheet: Sheet, task_ids: list[int]) -> dict[int, int]:
    """Create rows without texts. Return the tasks by the numbers of their rows."""
    with transaction.atomic():
        locked = sheet.lock()
        if locked is None or not locked.can_change_rows:
            raise CannotChange(texts.NOT_CHANGEABLE)
        numbers = dict(enumerate(task_ids, last_number(locked) + 1))
        rows = [
            Row(sheet=locked, number=number, cells=[], corrects_task=task_id) for number, task_id in numbers.items()
        ]
        Row.objects.bulk_create(rows)
    return numbers


def _cells(sheet: Sheet, values: FieldValues) -> dict[str, Cell]:
    return {
        known.name: Cell("", type_of(known).as_text(values[known.name]))
        for known in sheet.parsed_schema.fields
        if values.get(known.name) is not None
    }
