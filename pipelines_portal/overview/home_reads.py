"""What Home asks the database, in three rounds: of the person alone, of their workflows, of the tasks found there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Q, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.shared.together import together
from pipelines_portal.submissions.days import rows_told, tell_from
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.origin import briefs_in
from pipelines_portal.submissions.team import looked_after
from pipelines_portal.submissions.today import Sent, sent_asked, sent_in
from pipelines_portal.task_index.counts import Counts, counts_asked, counts_in, known_in
from pipelines_portal.task_index.figures import (
    Arrived,
    Counted,
    Day,
    arrived,
    arrived_in,
    day_sums,
    days_in,
    standing,
    standing_in,
)
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.task_index.watching import watched
from pipelines_portal.web.attention import Decision, Waiting
from pipelines_portal.workflows.models import OpenedWorkflow

from .decisions import decisions_waiting
from .models import HomeVisit, visits_of
from .needed import STUCK, NewTask, made_from, named, tasks_in_need, tasks_that_stand

# What people looked at last; all others are in the lists of their keys.
MOST_WORKFLOWS = 20
DAYS = 14
MOST_MINE = 5


@dataclass(frozen=True)
class Whose:
    """`keys` are those the person looks after, each with whether it is shared; `told` is what others have to say."""

    workflows: list[OpenedWorkflow]
    visit: HomeVisit | None
    mine: list[Submission]
    keys: dict[int, bool]
    told: list[tuple[Waiting, list[Any]]]

    @property
    def decisions(self) -> list[Decision]:
        return [decision for waiting, rows in self.told for decision in waiting.decisions(rows)]


@dataclass(frozen=True)
class Found:
    """`indexes`, `counts` and `known` are by the workflow's primary key; `people` is None for who looks after nobody.

    `known` are the tasks that were read, of whatever status.
    """

    indexes: dict[int, WorkflowIndex]
    counts: dict[int, Counts]
    known: dict[int, int]
    days: dict[int, list[Day]]
    came: dict[str, Arrived]
    in_need: list[IndexedTask]
    people: list[Sent] | None

    @property
    def counted(self) -> Counted:
        return [(self.indexes[pk], counts) for pk, counts in self.counts.items()]


@dataclass(frozen=True)
class Standing:
    """By the index's primary key: since when its oldest task is open, and how many do not move; and what is shown."""

    oldest: dict[int, datetime]
    stuck: dict[int, int]
    tasks: list[NewTask]


def whose_home(user: User) -> Whose:
    waiting = decisions_waiting(user)
    reads = (each.asked(user=user.pk) for each in (_recent, visits_of, _mine, looked_after))
    workflows, visits, mine, keys, *told = together(*reads, *(each.read for each in waiting))
    return Whose(workflows, next(iter(visits), None), mine, dict(keys), list(zip(waiting, told, strict=True)))


@prepared(user=BigIntegerField())
def _recent(user: Given) -> QuerySet[OpenedWorkflow]:
    usable = SavedKey.objects.usable_by(user).values("pk")
    found = OpenedWorkflow.objects.filter(key__in=usable).marked_by(user).in_sight().recent_first()
    return found.select_related("key", "index").defer("key__encrypted_key")[:MOST_WORKFLOWS]


@prepared(user=BigIntegerField())
def _mine(user: Given) -> QuerySet[Submission]:
    return Submission.objects.filter(owner=user).sent().as_listed()[:MOST_MINE]


def found_for(user: User, whose: Whose, show: str, since: datetime | None, now: datetime) -> Found:
    """What the workflows' indexes say, and who sent what today. With a key that is rejected nothing is read."""
    indexes = watched(whose.workflows, [one.index for one in whose.workflows if hasattr(one, "index")])
    works = [one for one in whose.workflows if one.key.rejected_at is None]
    read = [indexes[one.pk] for one in works if indexes[one.pk].open_as_of]
    counts, sums, in_need, came, told, sent = together(
        counts_asked(works), day_sums(Q(index__in=read), DAYS, now), tasks_in_need(read, show, now),
        arrived(read, since), rows_told(whose.mine), sent_asked(user, _midnight(now), keys=whose.keys),
    )  # fmt: skip
    tell_from(whose.mine, told)
    days, people = days_in(sums, indexes.values(), DAYS, now), sent_in(sent) if any(whose.keys.values()) else None
    return Found(indexes, counts_in(counts), known_in(counts), days, arrived_in(came), in_need, people)


def standing_for(user: User, found: Found, show: str, since: datetime | None, now: datetime) -> Standing:
    """Those of STUCK are known only once the workflows were counted, and what made them one round later."""
    counted = found.counted
    if show == STUCK:
        rows, tasks = together(standing(counted, now), tasks_that_stand(counted, now))
        made = together(*made_from(user, tasks))
    else:
        tasks = found.in_need
        rows, *made = together(standing(counted, now), *made_from(user, tasks))
    return Standing(*standing_in(rows), named(tasks, briefs_in(*made), since))


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
