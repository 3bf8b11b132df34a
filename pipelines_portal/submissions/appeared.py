"""The tasks that appeared since an unconfirmed submission was sent. A person decides which it created."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, Task
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.statuses import Status

PAGE = 200
PAGES_TO_SHOW = 2
# Enough for the 5,000 tasks that one request may create, and some of other people's.
PAGES_TO_DECIDE = 30
# Tasks are created within this time of the sending.
NEAR = timedelta(minutes=1)
# Others who sent within this time may have created them: a request with many rows takes minutes.
NEAR_OF_OTHERS = timedelta(minutes=10)
# After this time without a task, very likely none will appear.
LONG_ENOUGH = timedelta(minutes=5)


class Verdict(StrEnum):
    """What the evidence says. It only suggests: a person decides."""

    LIKELY = "likely"
    NONE = "none"
    NONE_YET = "none_yet"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Appeared:
    """Tasks of the workflow that are newer than the sending, oldest first; `more` if not all pages were read.

    `others` counts the other submissions of this portal that were sent to the workflow at about the same time and whose
    tasks are not all known. `hidden` counts the new tasks that the ledger attributes to other submissions.
    """

    tasks: list[Task]
    more: bool
    expected: int = 0
    sent_at: datetime | None = None
    others: int = 0
    hidden: int = 0

    @property
    def verdict(self) -> Verdict:
        if not self.tasks:
            if self.more or self.are_all_decided_for_others:
                return Verdict.UNCLEAR
            is_long_ago = self.sent_at is not None and timezone.now() - self.sent_at >= LONG_ENOUGH
            return Verdict.NONE if is_long_ago else Verdict.NONE_YET
        is_as_many = len(self.tasks) == self.expected and not self.more
        return Verdict.LIKELY if is_as_many and not self.others and self._are_near else Verdict.UNCLEAR

    @property
    def are_all_decided_for_others(self) -> bool:
        """True if a person may have confirmed these tasks for another submission by mistake."""
        return not self.tasks and bool(self.hidden and self.others)

    @property
    def _are_near(self) -> bool:
        """True if all were created about when the submission was sent."""
        sent_at = self.sent_at
        return sent_at is not None and all(abs(task.created_at - sent_at) <= NEAR for task in self.tasks)

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

    They include tasks of other programs: the API does not say whose they are. After `pages` pages it reads on only
    while all tasks are attributed to others.
    """
    before, cursor = submission.newest_task_id_before or 0, None
    found: dict[int, Task] = {}
    for read in range(1, PAGES_TO_DECIDE + 1):
        page = client.list_tasks(submission.workflow_id, cursor=cursor, limit=PAGE)
        newer = {task.id: task for task in page.tasks if task.id > before and task.id not in found}
        found |= newer
        cursor = page.next_cursor
        if len(newer) < len(page.tasks) or not cursor:
            return _appeared(submission, found, more=False)
        if read >= pages and _unattributed(submission, found):
            break
    return _appeared(submission, found, more=True)


def _appeared(submission: Submission, found: dict[int, Task], *, more: bool) -> Appeared:
    tasks = _unattributed(submission, found)
    hidden = len(found) - len(tasks)
    return Appeared(tasks, more, submission.row_count, submission.sent_at, _sent_near(submission), hidden)


def _sent_near(submission: Submission) -> int:
    """Count the other submissions to the workflow at about that time whose tasks are not all known."""
    if submission.sent_at is None:
        return 0
    earliest, latest = submission.sent_at - NEAR_OF_OTHERS, submission.sent_at + NEAR_OF_OTHERS
    is_guessed = Q(is_decided_by_person=True) | Q(is_earlier_try_uncertain=True)
    is_uncertain = Q(status=Status.UNCONFIRMED) | is_guessed
    near = Q(status=Status.SENDING, sent_at__lte=latest) | is_uncertain & Q(sent_at__range=(earliest, latest))
    others = Submission.objects.filter(near, workflow_id=submission.workflow_id)
    return others.exclude(pk=submission.pk).count()


def _unattributed(submission: Submission, found: dict[int, Task]) -> list[Task]:
    """Return those that are not another submission's, oldest first."""
    of_others = submission.tasks_of_others(found)
    return [found[task_id] for task_id in sorted(found) if task_id not in of_others]
