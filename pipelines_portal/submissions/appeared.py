"""The tasks that appeared since an unconfirmed submission was sent. A person decides which it created."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Max, Q
from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, Task
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.statuses import Status
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.web.number_ranges import ranges_of

PAGE = 200
# Enough for the 5,000 tasks that one request may create, and some of other people's.
MOST_PAGES = 30
# Everything that was sent between the backup and the restore.
MOST_PAGES_AFTER_RESTORE = 150
# Tasks are created within this time of the sending.
NEAR = timedelta(minutes=1)
# The clocks of two machines differ, and a backup knows its time to the minute.
CLOCKS_DIFFER = timedelta(minutes=2)
# Others who sent within this time may have created them: a request with many rows takes minutes.
NEAR_OF_OTHERS = timedelta(minutes=10)
# After this time without a task, very likely none will appear.
LONG_ENOUGH = timedelta(minutes=5)


class Suggestion(StrEnum):
    """What the evidence says. It only suggests: a person decides."""

    LIKELY = "likely"
    NONE = "none"
    NONE_YET = "none_yet"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Appeared:
    """Tasks of the workflow that are newer than the sending, oldest first; `more` if not all pages were read.

    `restored_from` is when the database was copied that was restored since: what was sent after that is not known here.
    `others` counts the other submissions of this portal that were sent to the workflow at about the same time and whose
    tasks are not all known. `claimed` counts the tasks of about that time that a person confirmed for another
    one, and that are therefore not among `tasks`.
    """

    tasks: list[Task]
    more: bool
    expected: int = 0
    sent_at: datetime | None = None
    others: int = 0
    claimed: int = 0
    restored_from: datetime | None = None

    @property
    def verdict(self) -> Suggestion:
        if not self.tasks:
            if self.more or self.claimed:
                return Suggestion.UNCLEAR
            began = self.restored_from or self.sent_at
            is_long_ago = began is not None and timezone.now() - began >= LONG_ENOUGH
            return Suggestion.NONE if is_long_ago else Suggestion.NONE_YET
        is_as_many = len(self.tasks) == self.expected and not self.more
        return Suggestion.LIKELY if is_as_many and not self.others and self._are_near else Suggestion.UNCLEAR

    @property
    def _are_near(self) -> bool:
        """True if all were created about when the submission was sent. After a restore, nobody knows when that was."""
        sent_at = None if self.restored_from else self.sent_at
        return sent_at is not None and all(_is_near(task, sent_at, NEAR) for task in self.tasks)

    @property
    def last(self) -> Task | None:
        return self.tasks[-1] if self.tasks else None

    @property
    def newest(self) -> int:
        return self.tasks[-1].id if self.tasks else 0

    @property
    def ids(self) -> list[int]:
        return [task.id for task in self.tasks]

    @property
    def created(self) -> dict[int, datetime]:
        """When each of the tasks was created."""
        return {task.id: task.created_at for task in self.tasks}

    @property
    def ranges(self) -> str:
        """The IDs as "1201–1320, 1325"."""
        return ranges_of(self.ids)


def tasks_since(submission: Submission, client: PipelinesClient, pages: int = MOST_PAGES) -> Appeared:
    """Return the tasks that appeared since it was sent, except those that are attributed to another submission.

    They include tasks of other programs: the API does not say whose they are.
    """
    newest, copied_at = submission.newest_task_id_before or 0, submission.restored_from
    pages = MOST_PAGES_AFTER_RESTORE if copied_at else pages
    found, more = read_new_tasks(client, submission.workflow_id, newest, copied_at, pages)
    sent_at = submission.sent_at
    if sent_at and not copied_at and not submission.is_earlier_try_uncertain:
        # After a restore of the External API, IDs are given again. Clocks do not differ by a day.
        found = {task.id: task for task in found.values() if task.created_at > sent_at - timedelta(days=1)}
    of_others = submission.tasks_of_others(found, created={task.id: task.created_at for task in found.values()})
    tasks = [found[task_id] for task_id in sorted(found) if task_id not in of_others]
    near = [found[task_id] for task_id in of_others if sent_at and _is_near(found[task_id], sent_at, NEAR_OF_OTHERS)]
    claimed = len(submission.tasks_of_others([task.id for task in near], only_guessed=True)) if near else 0
    others = _sent_near(submission)
    return Appeared(tasks, more, submission.row_count, sent_at, others, claimed, restored_from=copied_at)


def read_new_tasks(
    client: PipelinesClient, workflow_id: int, newest: int, copied_at: datetime | None, pages: int
) -> tuple[dict[int, Task], bool]:
    """Return the tasks above the ID `newest` or created since `copied_at`, and whether there are more on other pages.

    `copied_at` is when a database was copied that was restored since.
    """
    since = copied_at - CLOCKS_DIFFER if copied_at else None
    found: dict[int, Task] = {}
    cursor = None
    for _ in range(pages):
        page = client.list_tasks(workflow_id, cursor=cursor, limit=PAGE)
        is_new = [task for task in page.tasks if task.id > newest or (since is not None and task.created_at >= since)]
        newer = {task.id: task for task in is_new if task.id not in found}
        found |= newer
        cursor = page.next_cursor
        if len(newer) < len(page.tasks) or not cursor:
            return found, False
    return found, True


def newest_known_tasks() -> dict[int, int]:
    """Return the newest task of each workflow that this database knows.

    After a restore, everything newer may have been sent by what was restored. The API's own newest task does not say
    so: its database may be a later copy.
    """
    newest: dict[int, int] = {}
    of_submission = ("submission__workflow_id", "task_id")
    for model, workflow, task in (
        (SubmissionRow, *of_submission),
        (UnattributedTask, *of_submission),
        (Submission, "workflow_id", "newest_task_id_before"),
        (WorkflowIndex, "workflow__workflow_id", "newest_id"),
    ):
        known = model._default_manager.filter(**{f"{task}__isnull": False, f"{workflow}__isnull": False})
        for workflow_id, task_id in known.order_by().values_list(workflow).annotate(newest=Max(task)):
            newest[workflow_id] = max(task_id, newest.get(workflow_id, 0))
    return newest


def _is_near(task: Task, time: datetime, span: timedelta) -> bool:
    return abs(task.created_at - time) <= span


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
