"""The list that a task's page was opened from, and the tasks beside it there."""

from dataclasses import dataclass
from urllib.parse import quote

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, PipelinesError
from pipelines_portal.tasks.api_pages import tasks_page
from pipelines_portal.tasks.conditions import Conditions, read_conditions
from pipelines_portal.tasks.found_tasks import Scope, find, resolve
from pipelines_portal.tasks.merged_list import ATTENTION
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.workflows.models import OpenedWorkflow

# A page of the list this old still shows which tasks are beside another.
FRESH_FOR_SECONDS = 60


@dataclass(frozen=True)
class Neighbours:
    """The tasks before and behind. `back` is the list's query; the others are URLs relative to the task's own."""

    back: str
    newer: str = ""
    older: str = ""

    @property
    def tail(self) -> str:
        """Return the query of a task's page that leads back to this list."""
        return f"?from={quote(self.back[1:], safe='')}" if self.back else ""


def neighbours(
    reader: User, workflow: OpenedWorkflow, client: PipelinesClient, task_id: int, came_from: str, *, is_away: bool
) -> Neighbours:
    """Return no neighbours if the list cannot be read, or no longer holds the task.

    `is_away`: Pipelines did not answer a moment ago, so that nobody waits for it again.
    """
    query = _query(came_from)
    conditions, pagination = read_conditions(query, workflow), Pagination.from_query(query)
    back = pagination.query(**conditions.as_query()) if came_from else ""
    if is_away and conditions.is_plain:
        return Neighbours(back)
    try:
        ids = _ids_of(reader, workflow, client, conditions, pagination.cursor)
    except PipelinesError:
        return Neighbours(back)
    urls = {number: f"../{number}/{Neighbours(back).tail}" for number in ids}
    if task_id in ids:
        place = ids.index(task_id)
        newer, older = ids[place - 1] if place else 0, (ids[place + 1 :] or [0])[0]
    elif conditions.status == ATTENTION:
        # It was muted a moment ago, and the others are next to it.
        newer = min((number for number in ids if number > task_id), default=0)
        older = max((number for number in ids if number < task_id), default=0)
    else:
        return Neighbours(back)
    return Neighbours(back, urls.get(newer, ""), urls.get(older, ""))


def _ids_of(
    reader: User, workflow: OpenedWorkflow, client: PipelinesClient, conditions: Conditions, cursor: str
) -> list[int]:
    """Return the ids of the tasks of a page of the list, in its order."""
    if conditions.is_plain:
        place = workflow.key, client, workflow.workflow_id
        return [task.id for task in tasks_page(*place, cursor, conditions, fresh_for=FRESH_FOR_SECONDS).page.tasks]
    scope = Scope.of_workflow(reader, workflow)
    return [one.task.id for one in find(scope, resolve(scope, conditions), cursor).tasks if one.task]


def _query(came_from: str) -> QueryDict:
    try:
        return QueryDict(came_from)
    except TooManyFieldsSent:
        return QueryDict()
