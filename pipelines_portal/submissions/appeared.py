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
# Enough for the 5,000 tasks that one request may create, and some of other people's.
MOST_PAGES = 30
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
    tasks are not all known. `claimed` counts the tasks of about that time that a person confirmed for another one, and
    that are therefore not among `tasks`.
    """

    tasks: list[Task]
    more: bool
    expected: int = 0
    sent_at: datetime | None = None
    others: int = 0
    claimed: int = 0

    @property
    def verdict(self) -> Verdict:
        if not self.tasks:
            if self.more or self.claimed:
                return Verdict.UNCLEAR
            is_long_ago = self.sent_at is not None and timezone.now() - self.sent_at >= LONG_ENOUGH
            return Verdict.NONE if is_long_ago else Verdict.NONE_YET
        is_as_many = len(self.tasks) == self.expected and not self.more
        return Verdict.LIKELY if is_as_many and not self.others and self._are_near else Verdict.UNCLEAR

    @property
    def _are_near(self) -> bool:
        """True if all were created about when the submission was sent."""
        sent_at = self.sent_at
        return sent_at is not None and all(_is_near(task, sent_at, NEAR) for task in self.tasks)

    @property
    def newest(self) -> int:
        return self.tasks[-1].id if self.tasks else 0

    @property
    def ids(self) -> list[int]:
        return [task.id for task in self.tasks]

    @property
    def ranges(self) -> str:
        """The IDs as "1201–1320, 1325"."""
        runs: list[list[int]] = []
        for task_id in self.ids:
            if runs and runs[-1][1] == task_id - 1:
                runs[-1][1] = task_id
            else:
                runs.append([task_id, task_id])
        return ", ".join(f"{first}–{last}" if first < last else str(first) for first, last in runs)


def tasks_since(submission: Submission, client: PipelinesClient, pages: int = MOST_PAGES) -> Appeared:
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
            return _appeared(submission, found, more=False)
    return _appeared(submission, found, more=True)


def _appeared(submission: Submission, found: dict[int, Task], *, more: bool) -> Appeared:
    of_others = submission.tasks_of_others(found)
    tasks = [found[task_id] for task_id in sorted(found) if task_id not in of_others]
    sent_at = submission.sent_at
    near = [found[task_id] for task_id in of_others if sent_at and _is_near(found[task_id], sent_at, NEAR_OF_OTHERS)]
    claimed = len(submission.tasks_of_others([task.id for task in near], only_guessed=True)) if near else 0
    return Appeared(tasks, more, submission.row_count, sent_at, _sent_near(submission), claimed)


def _is_near(task: Task, moment: datetime, span: timedelta) -> bool:
    return abs(task.created_at - moment) <= span


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
