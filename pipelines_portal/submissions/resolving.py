"""Finding out about a submission whose answer was lost. What appeared is shown; a person decides, never the portal."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, Task

from .models import Submission, SubmissionRow
from .outcomes import write_rows

PAGE = 200
LOOKED_AT_IN_A_PAGE = 2
# Enough for the 5,000 tasks one request may create, and some of other people's.
LOOKED_AT_TO_DECIDE = 30


@dataclass(frozen=True)
class Appeared:
    """Tasks of the workflow that are newer than the sending, oldest first; `more` when the look was cut short."""

    tasks: list[Task]
    more: bool

    @property
    def newest(self) -> int:
        return self.tasks[-1].id if self.tasks else 0

    @property
    def ids(self) -> list[int]:
        return [task.id for task in self.tasks]


def tasks_since(submission: Submission, client: PipelinesClient, pages: int = LOOKED_AT_IN_A_PAGE) -> Appeared:
    """What appeared since the submission was sent: other people's tasks too, the API does not say whose."""
    before, found, cursor = submission.newest_task_id_before or 0, [], None
    for _ in range(pages):
        page = client.list_tasks(submission.workflow_id, cursor=cursor, limit=PAGE)
        newer = [task for task in page.tasks if task.id > before]
        found += newer
        cursor = page.next_cursor
        if len(newer) < len(page.tasks) or not cursor:
            return Appeared(found[::-1], more=False)
    return Appeared(found[::-1], more=True)


def mark_created(submission: Submission, task_ids: list[int]) -> bool:
    """The person says these tasks came of it. Rows get their ids when there are as many; else nobody can tell."""
    count = min(len(task_ids), submission.row_count)
    state = Submission.State.DONE if count == submission.row_count else Submission.State.PARTLY
    with transaction.atomic():
        if not _decide(submission, state=state, success_count=count, finished_at=timezone.now()):
            return False
        write_rows(submission, {}, task_ids)
    return True


def mark_not_created(submission: Submission) -> bool:
    """The person says nothing came of it: a draft again, which they may send."""
    with transaction.atomic():
        decided = _decide(submission, state=Submission.State.DRAFT, finished_at=None)
        if decided:
            submission.rows.update(state=SubmissionRow.State.WAITING)
    return decided


def _decide(submission: Submission, **values: object) -> bool:
    """False when the answer came after all, or another tab decided first."""
    undecided = Submission.objects.filter(pk=submission.pk, state=Submission.State.UNKNOWN)
    decided = undecided.update(reason="", **values)
    submission.refresh_from_db()
    return bool(decided)
