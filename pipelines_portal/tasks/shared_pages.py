"""Pages of the task list, read once for all who look at the same one through the same key."""

from dataclasses import dataclass
from datetime import datetime

from pipelines_portal.api_client import PipelinesClient, TaskPage
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.saved_keys.pooled_answers import Question, pooled

from .forms import Filters
from .live_page import WHILE_MOVING

# A list alone finds its own last page this old, or a little older, and so reads anew at each of its turns.
FRESH_FOR_A_REFRESH = WHILE_MOVING * 0.9
# For whoever opens the list, or comes back to it.
FRESH_FOR_A_LOOK = 2.0


@dataclass(frozen=True)
class SharedPage:
    page: TaskPage
    read_at: datetime


def shared_page(
    key: SavedKey, client: PipelinesClient, workflow_id: int, cursor: str, filters: Filters, *, is_refresh: bool
) -> SharedPage:
    """Raises what reading it raises. Access to the key is checked before."""

    def read() -> str:
        return client.list_tasks(workflow_id, cursor=cursor, **filters).model_dump_json()

    question = Question(key, workflow_id, f"tasks {cursor} {sorted(filters.items())}")
    younger_than = FRESH_FOR_A_REFRESH if is_refresh else FRESH_FOR_A_LOOK
    answer = pooled(question, read, younger_than=younger_than, is_refresh=is_refresh)
    return SharedPage(TaskPage.model_validate_json(answer.text), answer.at)
