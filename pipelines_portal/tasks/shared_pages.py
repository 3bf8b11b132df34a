"""Pages of the task list, read once for all who look at the same one through the same key."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, TaskPage
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.pooled_answers import Question, pooled
from pipelines_portal.tasks.attention import ATTENTION, merged_page
from pipelines_portal.tasks.forms import Filters
from pipelines_portal.tasks.live_page import WHILE_MOVING

# A list alone finds its own last page this old, or a little older, and so reads anew at each of its turns.
FRESH_FOR_A_REFRESH = WHILE_MOVING * 0.9
# For whoever opens the list, or comes back to it.
FRESH_FOR_A_LOOK = 2.0


# Of people who look at the same lists.
@lru_cache(maxsize=32)
def _page_in(text: str) -> TaskPage:
    return TaskPage.model_validate_json(text)


@dataclass(frozen=True)
class SharedPage:
    page: TaskPage
    read_at: datetime


def shared_page(
    key: SavedKey,
    client: PipelinesClient,
    workflow_id: int,
    cursor: str,
    filters: Filters,
    *,
    is_refresh: bool = False,
    fresh_for: float = FRESH_FOR_A_LOOK,
) -> SharedPage:
    """Raises what reading it raises. Access to the key is checked before."""
    read_at: list[datetime] = []
    younger_than = FRESH_FOR_A_REFRESH if is_refresh else fresh_for

    def read(status: str, at: str) -> TaskPage:
        asked: Filters = {**filters, "status": status}
        question = Question(key, workflow_id, f"tasks {at} {sorted(asked.items())}")
        mine: list[TaskPage] = []

        def fetch() -> str:
            mine.append(client.list_tasks(workflow_id, cursor=at, **asked))
            return mine[0].model_dump_json()

        answer = pooled(question, fetch, younger_than=younger_than, is_refresh=is_refresh)
        read_at.append(answer.at)
        return mine[0] if mine else _page_in(answer.text)

    if filters["status"] == ATTENTION:
        page = merged_page(cursor, filters["limit"], read)
    else:
        page = read(filters["status"], cursor)
    return SharedPage(page, min(read_at, default=timezone.now()))
