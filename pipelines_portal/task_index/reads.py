"""Reads of an index for pages: days, and tasks that need attention or are stuck.

Mistakes are left out of all of them. Tasks that need attention or are stuck are left out while they are muted.
No query here takes longer the more tasks have finished.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    IntegerField,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION, is_open
from pipelines_portal.task_index.counts import TaskCounts
from pipelines_portal.task_index.models import (
    COUNTED,
    LISTED,
    NOT_MUTED,
    QUARTER,
    IndexedTask,
    QuarterCount,
    WorkflowIndex,
)

# Tasks on their lists, without mistakes, and without muted ones.
OPEN, TO_SHOW = LISTED & COUNTED, LISTED & NOT_MUTED
# On Home, a task is counted once: an escalated one that does not move needs attention, and is not stuck, too.
ONLY_STUCK = tuple(status for status in CAN_BE_STUCK if status not in NEEDS_ATTENTION)
# Indexes whose open tasks were counted, each with its counts.
Counted = list[tuple[WorkflowIndex, TaskCounts]]


@dataclass(frozen=True)
class DayCount:
    """A day in the person's time zone. None: the day was not read, or not all of it."""

    date: date
    created: int | None
    finished: int | None


def days_of(indexes: Iterable[WorkflowIndex], count: int, now: datetime) -> dict[int, list[DayCount]]:
    """Return the last `count` days of each index, today last, by the index's primary key."""
    indexes, starts = list(indexes), _starts(count, now)
    first, *borders, end = [-(-int(start.timestamp()) // QUARTER) for start in starts]
    whens = [When(quarter__gte=border, then=Value(number)) for number, border in enumerate(borders, start=1)]
    rows = QuarterCount.objects.filter(index__in=indexes, quarter__gte=first, quarter__lt=end).order_by()
    with_day = rows.annotate(day=Case(*reversed(whens), default=0, output_field=IntegerField()))
    by_day = with_day.values_list("index", "day").annotate(Sum("created"), Sum("finished"))
    sums = {(pk, day): (created, finished) for pk, day, created, finished in by_day}
    return {index.pk: [_day(index, sums, starts, number) for number in range(count)] for index in indexes}


def _starts(count: int, now: datetime) -> list[datetime]:
    """Return when each day starts and, last, when tomorrow starts."""
    zone, today = timezone.get_current_timezone(), timezone.localdate(now)
    days = [today - timedelta(days=count - 1 - number) for number in range(count + 1)]
    return [datetime.combine(day, time(), zone) for day in days]


def _day(
    index: WorkflowIndex, sums: dict[tuple[int, int], tuple[int, int]], starts: list[datetime], number: int
) -> DayCount:
    start = starts[number]
    if not is_read(index, start):
        return DayCount(start.date(), None, None)
    created, finished = sums.get((index.pk, number), (0, 0))
    return DayCount(start.date(), created, finished)


def is_read(index: WorkflowIndex, since: datetime) -> bool:
    """Return whether all tasks created from then on are known."""
    return index.is_backfilled or (index.backfilled_to is not None and index.backfilled_to <= since)


def oldest_open(index: WorkflowIndex, counts: TaskCounts) -> IndexedTask | None:
    """Return the open task with the lowest id: ids grow as tasks are created."""
    open_statuses = [status for status in counts.by_status if is_open(status)]
    open_tasks = index.tasks.filter(OPEN, status__in=open_statuses).order_by().values("index")
    # The query is grouped, so that PostgreSQL reads the open tasks and not all tasks by their ids.
    first = open_tasks.annotate(first=Min("task_id")).values_list("first", flat=True)
    return index.tasks.filter(task_id__in=list(first)).first()


def count_stuck(index: WorkflowIndex, now: datetime) -> int:
    """Return how many tasks did not change for longer than people of the workflow set."""
    since = now - timedelta(hours=index.stuck_hours)
    return index.tasks.filter(TO_SHOW, status__in=CAN_BE_STUCK, updated_at__lt=since).order_by().count()


def stuck_before(index: WorkflowIndex) -> datetime:
    """Return the time such that open tasks that last moved before it were stuck when the lists were last read."""
    if index.open_as_of is None:
        raise ValueError("The lists were not read yet")
    return index.open_as_of - timedelta(hours=index.stuck_hours)


def stuck_tasks(index: WorkflowIndex) -> QuerySet[IndexedTask]:
    """Return the tasks that were stuck when the lists were last read."""
    return index.tasks.filter(TO_SHOW, status__in=CAN_BE_STUCK, updated_at__lt=stuck_before(index))


def new_and_stuck(counted: Counted, since: datetime | None, now: datetime) -> dict[int, tuple[int, int]]:
    """Return, by index, how many tasks came to need attention since then, and how many others are stuck."""
    if not counted:
        return {}
    hours = {index.stuck_hours for index, _ in counted}
    cuts = [When(stuck_hours=each, then=Value(now - timedelta(hours=each))) for each in hours]
    indexes = WorkflowIndex.objects.filter(pk__in=[index.pk for index, _ in counted])
    cut = indexes.annotate(cut=Case(*cuts, output_field=DateTimeField()))
    rows = cut.annotate(new=_count_new(since) if since else Value(0), stuck=_stuck_count())
    return {pk: (new or 0, stuck or 0) for pk, new, stuck in rows.values_list("pk", "new", "stuck")}


def _count_new(since: datetime) -> Subquery:
    new = _in_each(NEEDS_ATTENTION).filter(TO_SHOW, updated_at__gt=since)
    return Subquery(new.values("index").annotate(number=Count("pk")).values("number"))


def _stuck_count() -> Subquery:
    late = _in_each(ONLY_STUCK).filter(TO_SHOW, updated_at__lt=OuterRef("cut"))
    return Subquery(late.values("index").annotate(number=Count("pk")).values("number"))


def _in_each(statuses: Iterable[str]) -> QuerySet[IndexedTask]:
    """Return the tasks with these statuses in each index of the outer query.

    Naming the statuses lets the database find the few open tasks. Naming the indexes again would make SQLite read all.
    """
    return IndexedTask.objects.filter(index=OuterRef("pk"), status__in=statuses).order_by()
