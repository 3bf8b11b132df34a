"""The list that a task's page was opened from, and the tasks beside it there."""

from dataclasses import dataclass
from urllib.parse import quote

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from pipelines_portal.api_client import PipelinesClient, PipelinesError
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.tasks.attention import ATTENTION
from pipelines_portal.tasks.forms import filters_of
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.tasks.task_list import tasks_page

# A page of the list this old still shows which tasks are beside another.
FRESH_FOR_SECONDS = 60


@dataclass(frozen=True)
class Neighbours:
    """The tasks before and behind. `back` is the list's query; the others are addresses relative to the task's own."""

    back: str
    newer: str = ""
    older: str = ""

    @property
    def tail(self) -> str:
        """Return the query of a task's page that leads back to this list."""
        return f"?from={quote(self.back[1:], safe='')}" if self.back else ""


def neighbours(key: SavedKey, client: PipelinesClient, workflow_id: int, task_id: int, came_from: str) -> Neighbours:
    """Return no neighbours if the list cannot be read, or no longer holds the task."""
    query = _query(came_from)
    filters, pagination = filters_of(query), Pagination.from_query(query)
    back = pagination.query(**filters) if came_from else ""
    try:
        read = tasks_page(key, client, workflow_id, pagination.cursor, filters, fresh_for=FRESH_FOR_SECONDS)
    except PipelinesError:
        return Neighbours(back)
    ids = [task.id for task in read.page.tasks]
    # A task that was muted a moment ago is no longer among those that need attention, and the others are next to it.
    if task_id not in ids and filters["status"] != ATTENTION:
        return Neighbours(back)
    addresses = {number: f"../{number}/{Neighbours(back).tail}" for number in ids}
    newer = min((number for number in ids if number > task_id), default=0)
    older = max((number for number in ids if number < task_id), default=0)
    return Neighbours(back, addresses.get(newer, ""), addresses.get(older, ""))


def _query(came_from: str) -> QueryDict:
    try:
        return QueryDict(came_from)
    except TooManyFieldsSent:
        return QueryDict()
