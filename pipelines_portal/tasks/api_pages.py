"""Pages of the API's own lists of tasks, read once for everybody who looks at the same one with the same key."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, Task, TaskPage
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.pooled_answers import PooledRead, pooled
from pipelines_portal.task_index.counts import LISTED_STATUSES, TaskCounts
from pipelines_portal.task_index.models import TaskNote, TaskNotes, WorkflowIndex
from pipelines_portal.task_index.scanning import record_list
from pipelines_portal.tasks.conditions import Conditions
from pipelines_portal.tasks.live_page import WHILE_MOVING
from pipelines_portal.tasks.merged_list import ATTENTION, merged_page
from pipelines_portal.workflows.models import OpenedWorkflow

# A list that nobody else looks at finds its own last page this old or older, and so reads the API at each refresh.
FRESH_FOR_A_REFRESH = WHILE_MOVING * 0.9
# For a person who opens the list, or comes back to it.
FRESH_FOR_A_LOOK = 2.0


# For people who look at the same lists.
@lru_cache(maxsize=32)
def _page_in(text: str) -> TaskPage:
    return TaskPage.model_validate_json(text)


@dataclass(frozen=True)
class TasksPage:
    """A page of the API's list, and when it was read. `lists` has the lists of a status that are a single page.

    A list of all tasks that is a single page has those of all statuses.
    """

    page: TaskPage
    read_at: datetime
    lists: dict[str, "TasksPage"] = field(default_factory=dict)

    def correct_counts(self, workflow: OpenedWorkflow, counts: TaskCounts) -> bool:
        """Record the lists whose counts are older and differ. Return whether there are any."""
        wrong = {
            status: of_status
            for status, of_status in self.lists.items()
            if counts.read_at.get(status, of_status.read_at) < of_status.read_at
            and counts.listed[status] != of_status.page.count
        }
        if wrong:
            index = WorkflowIndex.objects.get(workflow=workflow)
            for status, of_status in wrong.items():
                record_list(index, status, of_status.page, of_status.read_at)
        return bool(wrong)


def tasks_page(
    key: SavedKey,
    client: PipelinesClient,
    workflow_id: int,
    cursor: str,
    conditions: Conditions,
    *,
    is_refresh: bool = False,
    fresh_for: float = FRESH_FOR_A_LOOK,
) -> TasksPage:
    """Return the page, from the pooled answers or the API. The caller has checked access to the key."""
    read_at: list[datetime] = []
    lists: dict[str, TasksPage] = {}
    younger_than = FRESH_FOR_A_REFRESH if is_refresh else fresh_for

    def read(status: str, at: str) -> TaskPage:
        parameters = {"status": status, "limit": conditions.limit}
        pooled_read = PooledRead(key, workflow_id, f"tasks {at} {sorted(parameters.items())}")
        fetched: list[TaskPage] = []

        def fetch() -> str:
            listed = client.list_tasks(
                workflow_id, cursor=at, status=status, limit=conditions.limit, skip_unreadable=True
            )
            fetched.append(listed)
            return fetched[0].model_dump_json()

        answer = pooled(pooled_read, fetch, younger_than=younger_than, is_refresh=is_refresh)
        read_at.append(answer.at)
        page = fetched[0] if fetched else _page_in(answer.text)
        if not at and not page.older_cursor:
            lists.update({status: TasksPage(page, answer.at)} if status else _by_status(page, answer.at))
        return page

    def read_unnoted(status: str, at: str) -> TaskPage:
        page = read(status, at)
        of_workflow = TaskNote.objects.filter(workflow__key=key, workflow__workflow_id=workflow_id)
        notes = notes_of(page.tasks, of_workflow)
        return page.model_copy(update={"tasks": [task for task in page.tasks if task.id not in notes]})

    if conditions.status == ATTENTION:
        page = merged_page(cursor, conditions.limit, read_unnoted)
    else:
        page = read(conditions.status, cursor)
    return TasksPage(page, min(read_at, default=timezone.now()), lists)


def _by_status(page: TaskPage, read_at: datetime) -> dict[str, TasksPage]:
    """Return the lists of all statuses. The status of a task that cannot be read is not known."""
    if page.unreadable_ids:
        return {}
    return {
        status: TasksPage(
            page.model_copy(update={"tasks": [one for one in page.tasks if one.status == status]}), read_at
        )
        for status in LISTED_STATUSES
    }


def notes_of(tasks: list[Task], of_workflow: TaskNotes) -> dict[int, TaskNote]:
    """Return the notes that hold for these tasks, by the ids of the tasks."""
    notes = of_workflow.of_tasks([task.id for task in tasks])
    return {
        task.id: notes[task.id]
        for task in tasks
        if task.id in notes and notes[task.id].holds(task.status, task.created_at)
    }
