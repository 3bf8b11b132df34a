"""The tasks that appeared since an unconfirmed submission was sent. A person decides which it created."""

from dataclasses import dataclass

from pipelines_portal.api_client import PipelinesClient, Task
from pipelines_portal.submissions.models import Submission

PAGE = 200
PAGES_TO_SHOW = 2
# Enough for the 5,000 tasks that one request may create, and some of other people's.
PAGES_TO_DECIDE = 30


@dataclass(frozen=True)
class Appeared:
    """Tasks of the workflow that are newer than the sending, oldest first; `more` if not all pages were read."""

    tasks: list[Task]
    more: bool

    @property
    def newest(self) -> int:
        return self.tasks[-1].id if self.tasks else 0

    @property
    def first(self) -> int:
        return self.tasks[0].id if self.tasks else 0

    @property
    def ids(self) -> list[int]:
        return [task.id for task in self.tasks]


def tasks_since(submission: Submission, client: PipelinesClient, pages: int = PAGES_TO_SHOW) -> Appeared:
    """Return the tasks that appeared since it was sent, except those that the ledger attributes to another submission.

    They include tasks of other programs: the API does not say whose they are.
    """
    before, cursor = submission.newest_task_id_before or 0, None
    found: dict[int, Task] = {}
    for _ in range(pages):
        page = client.list_tasks(submission.workflow_id, cursor=cursor, limit=PAGE)
        newer = {task.id: task for task in page.tasks if task.id > before and task.id not in found}
        found |= newer
        cursor = page.next_cursor
        if len(newer) < len(page.tasks) or not cursor:
            return Appeared(_unattributed(submission, found), more=False)
    return Appeared(_unattributed(submission, found), more=True)


def _unattributed(submission: Submission, found: dict[int, Task]) -> list[Task]:
    """Return those that are not another submission's, oldest first."""
    of_others = submission.tasks_of_others(found)
    return [found[task_id] for task_id in sorted(found) if task_id not in of_others]
