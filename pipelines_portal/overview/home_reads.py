"""What Home reads from the database."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.decisions import Decision
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.decisions import decisions_for
from pipelines_portal.overview.models import look
from pipelines_portal.overview.needed import NewTask, tasks_shown
from pipelines_portal.submissions.days import tell_apart
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import Sent, looked_after, sent_since
from pipelines_portal.task_index.counts import Counts, counts_and_known
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.reads import (
    Counted,
    Day,
    NewTasks,
    days_of,
    new_needing_attention,
    oldest_and_stuck,
)
from pipelines_portal.workflows.models import OpenedWorkflow

# What people looked at last; all others are in the lists of their keys.
MOST_WORKFLOWS = 20
DAYS = 14
MOST_MINE = 5


@dataclass(frozen=True)
class HomeData:
    """`indexes`, `counts` and `known` are by the workflow's primary key; `days`, `oldest` and `stuck` by the index's.

    `since`: what came later is new to the person. `known`: tasks that were read, of whatever status. `oldest`: since
    when a workflow's oldest task is open. `people` is None for somebody who looks after nobody.
    """

    since: datetime | None
    workflows: list[OpenedWorkflow]
    indexes: dict[int, WorkflowIndex]
    counts: dict[int, Counts]
    known: dict[int, int]
    days: dict[int, list[Day]]
    arrived: dict[str, NewTasks]
    oldest: dict[int, datetime]
    stuck: dict[int, int]
    tasks: list[NewTask]
    mine: list[Submission]
    people: list[Sent] | None
    decisions: list[Decision]

    @property
    def counted(self) -> Counted:
        return _counted(self.indexes, self.counts)


def read_home(user: User, show: str, now: datetime) -> HomeData | None:
    """Return all that Home shows, or None for somebody without a workflow. With a rejected key nothing is read."""
    workflows = _recent_workflows(user)
    if not workflows:
        return None
    since = look(user, now)
    indexes = WorkflowIndex.objects.watch(workflows, [one.index for one in workflows if hasattr(one, "index")])
    with_working_key = [one for one in workflows if one.key.rejected_at is None]
    read = [indexes[one.pk] for one in with_working_key if indexes[one.pk].open_as_of]
    counts, known = counts_and_known(with_working_key)
    counted = _counted(indexes, counts)
    oldest, stuck = oldest_and_stuck(counted, now)
    return HomeData(
        since=since,
        workflows=workflows,
        indexes=indexes,
        counts=counts,
        known=known,
        days=days_of([index for index, _ in counted], DAYS, now),
        arrived=new_needing_attention(read, since) if since else {},
        oldest=oldest,
        stuck=stuck,
        tasks=tasks_shown(user, read, counted, show, since, now),
        mine=_mine(user),
        people=_people(user, now),
        decisions=decisions_for(user),
    )


def _counted(indexes: dict[int, WorkflowIndex], counts: dict[int, Counts]) -> Counted:
    return [(indexes[pk], of_workflow) for pk, of_workflow in counts.items()]


def _recent_workflows(user: User) -> list[OpenedWorkflow]:
    opened = OpenedWorkflow.objects.filter(key__in=SavedKey.objects.usable_by(user).values("pk"))
    recent = opened.marked_by(user).in_sight().recent_first().select_related("key", "index")
    return list(recent.defer("key__encrypted_key")[:MOST_WORKFLOWS])


def _mine(user: User) -> list[Submission]:
    mine = list(Submission.objects.filter(owner=user).sent().as_listed()[:MOST_MINE])
    tell_apart(mine)
    return mine


def _people(user: User, now: datetime) -> list[Sent] | None:
    """Return what the people sent today whom this person looks after: with their shared keys, or in their teams."""
    keys = dict(looked_after(user))
    if not any(keys.values()):
        return None
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return sent_since(user, midnight, keys=keys)
