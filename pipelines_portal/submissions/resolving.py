"""Finding out about a submission whose answer was lost. What appeared is shown; a person decides, never the portal."""

from dataclasses import dataclass

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, Task
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import rejection
from pipelines_portal.submissions.transitions import Outcome, Status, claimed_elsewhere, decide

PAGE = 200
LOOKED_AT_IN_A_PAGE = 2
# Enough for the 5,000 tasks one request may create, and some of other people's.
LOOKED_AT_TO_DECIDE = 30
NOTHING_CAME = "Someone looked, and decided that nothing was created."


@dataclass(frozen=True)
class Appeared:
    """Tasks of the workflow that are newer than the sending, oldest first; `more` when the look was cut short."""

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


def tasks_since(submission: Submission, client: PipelinesClient, pages: int = LOOKED_AT_IN_A_PAGE) -> Appeared:
    """What appeared since the submission was sent, but for what the ledger knows to be another submission's.

    Other programs' tasks too: the API does not say whose they are.
    """
    before, cursor = submission.newest_task_id_before or 0, None
    found: dict[int, Task] = {}
    for _ in range(pages):
        page = client.list_tasks(submission.workflow_id, cursor=cursor, limit=PAGE)
        newer = {task.id: task for task in page.tasks if task.id > before and task.id not in found}
        found |= newer
        cursor = page.next_cursor
        if len(newer) < len(page.tasks) or not cursor:
            return Appeared(_unclaimed(submission, found), more=False)
    return Appeared(_unclaimed(submission, found), more=True)


def _unclaimed(submission: Submission, found: dict[int, Task]) -> list[Task]:
    """Oldest first."""
    elsewhere = claimed_elsewhere(submission, found)
    return [found[task_id] for task_id in sorted(found) if task_id not in elsewhere]


def mark_created(submission: Submission, task_ids: list[int], by: User) -> bool:
    """The person says these tasks came of it. Rows get their ids when there are as many; else nobody can tell."""
    count = min(len(task_ids), submission.row_count)
    missing = submission.row_count - count
    status = Status.PARTLY_CREATED if missing else Status.CREATED
    return decide(submission, Outcome(status, "", count, 0, {}, tuple(task_ids)), by)


def mark_not_created(submission: Submission, by: User) -> bool:
    """The person says nothing came of it: a draft again, which they may send.

    Rows that went with an archive are rejected: they go out again with another one, if at all.
    """
    if submission.kind == Submission.Kind.ZIP:
        return decide(submission, rejection(submission, NOTHING_CAME), by)
    return decide(submission, Outcome(Status.DRAFT), by)
