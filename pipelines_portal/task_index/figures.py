"""What pages show of an index beside its counts. No query here grows with the number of tasks that are over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from .counts import Counts
from .models import FAILED, NEEDS_ATTENTION, IndexedTask, QuarterCount, WorkflowIndex
from .recording import QUARTER

# Indexes whose open tasks were read, each with its counts.
Counted = list[tuple[WorkflowIndex, Counts]]
NEWEST = F("updated_at").desc(nulls_last=True)


@dataclass(frozen=True)
class Day:
    """By the person's clock. None: the day was not read, or not all of it."""

    date: date
    created: int | None
    finished: int | None


@dataclass(frozen=True)
class Stuck:
    """The first few that did not move for longest, and how many there are."""

    tasks: list[IndexedTask]
    count: int


def days_of(indexes: Iterable[WorkflowIndex], count: int, now: datetime) -> dict[int, list[Day]]:
    """The last `count` days of each, today last, by the index's primary key."""
    indexes = list(indexes)
    starts = _starts(count, now)
    sums = _sums(indexes, starts)
    return {index.pk: [_day(index, sums, starts, number) for number in range(count)] for index in indexes}


def _starts(count: int, now: datetime) -> list[datetime]:
    """Of each day and, last, of tomorrow."""
    zone, today = timezone.get_current_timezone(), timezone.localdate(now)
    days = [today - timedelta(days=count - 1 - number) for number in range(count + 1)]
    return [datetime.combine(day, time(), zone) for day in days]


def _sums(indexes: list[WorkflowIndex], starts: list[datetime]) -> dict[tuple[int, int], tuple[int, int]]:
    first, *borders, end = [-(-int(start.timestamp()) // QUARTER) for start in starts]
    whens = [When(quarter__gte=border, then=Value(number)) for number, border in enumerate(borders, start=1)]
    rows = QuarterCount.objects.filter(index__in=indexes, quarter__gte=first, quarter__lt=end).order_by()
    rows = rows.annotate(day=Case(*reversed(whens), default=0, output_field=IntegerField()))
    summed: Any = rows.values_list("index", "day").annotate(Sum("created"), Sum("finished"))
    return {(pk, day): (created, finished) for pk, day, created, finished in summed}


def _day(
    index: WorkflowIndex, sums: dict[tuple[int, int], tuple[int, int]], starts: list[datetime], number: int
) -> Day:
    begins = starts[number]
    if not is_read(index, begins):
        return Day(begins.date(), None, None)
    created, finished = sums.get((index.pk, number), (0, 0))
    return Day(begins.date(), created, finished)


def is_read(index: WorkflowIndex, since: datetime) -> bool:
    """Whether all tasks created from then on are known."""
    return index.is_read_to_the_end or (index.read_back_to is not None and index.read_back_to <= since)


def oldest_open(index: WorkflowIndex, counts: Counts) -> IndexedTask | None:
    """The one with the lowest id: ids grow as tasks are created."""
    first = _open(index, _moving(counts)).order_by().values("index").annotate(first=Min("task_id")).values("first")
    return index.tasks.filter(task_id__in=first).first()


def stuck(index: WorkflowIndex, counts: Counts, limit: int, now: datetime) -> Stuck:
    """Paused ones are left out: they stand because somebody paused them."""
    since = now - timedelta(hours=index.stuck_hours)
    statuses = [status for status in _moving(counts) if status != "paused"]
    late = _open(index, statuses).filter(updated_at__lt=since)
    count = late.order_by().values("index").annotate(number=Count("pk")).values("number")
    tasks: list[Any] = list(late.annotate(found=Subquery(count)).order_by("updated_at", "task_id")[:limit])
    return Stuck(tasks, tasks[0].found if tasks else 0)


def standing_of(counted: Counted, now: datetime) -> tuple[dict[int, datetime], dict[int, int]]:
    """Of each index, since when its oldest open task is there; and how many stand for longer than is set for it.

    Both out of indexes of the database that hold nothing else.
    """
    hours = {index.stuck_hours for index, _ in counted}
    cuts = [When(stuck_hours=each, then=Value(now - timedelta(hours=each))) for each in hours]
    indexes = WorkflowIndex.objects.filter(pk__in=[index.pk for index, _ in counted])
    of_each = indexes.annotate(cut=Case(*cuts, output_field=DateTimeField()), first=_first_id(counted))
    created = IndexedTask.objects.filter(index=OuterRef("pk"), task_id=OuterRef("first")).values("created_at")
    found = of_each.annotate(since=Subquery(created), late=_late(counted)).values_list("pk", "since", "late")
    rows: list[Any] = list(found) if counted else []
    return {pk: since for pk, since, _ in rows if since}, {pk: late for pk, _, late in rows if late}


def _first_id(counted: Counted) -> Subquery:
    open_ones = _moving_of(counted).filter(index=OuterRef("pk"))
    return Subquery(open_ones.values("index").annotate(first=Min("task_id")).values("first"))


def _late(counted: Counted) -> Subquery:
    late = _moving_of(counted, but="paused").filter(index=OuterRef("pk"), updated_at__lt=OuterRef("cut"))
    return Subquery(late.values("index").annotate(number=Count("pk")).values("number"))


def _moving_of(counted: Counted, but: str = "") -> QuerySet[IndexedTask]:
    """Open ones. The statuses are named, so that an index of the database finds the few among the many."""
    statuses = {status for _, counts in counted for status in _moving(counts)} - {but}
    rows = IndexedTask.objects.filter(index__in=[index for index, _ in counted], is_unfinished=True)
    return rows.filter(status__in=statuses).order_by()


def needing_attention(
    indexes: list[WorkflowIndex],
    limit: int,
    *,
    since: datetime | None = None,
    statuses: Iterable[str] = NEEDS_ATTENTION,
) -> list[IndexedTask]:
    """Those that came to need somebody, since then if that is said; newest first."""
    rows = IndexedTask.objects.filter(index__in=indexes, is_unfinished=True, status__in=statuses)
    rows = rows.filter(updated_at__gt=since) if since else rows
    return list(rows.select_related("index__workflow").order_by(NEWEST, "-task_id")[:limit])


def stuck_of(counted: Counted, limit: int, now: datetime) -> list[IndexedTask]:
    """Those that stood longest, each for longer than is set for its index."""
    if not counted:
        return []
    late = [Q(index=index, updated_at__lt=now - timedelta(hours=index.stuck_hours)) for index, _ in counted]
    rows = _moving_of(counted, but="paused").filter(reduce(or_, late)).select_related("index__workflow")
    return list(rows.order_by("updated_at", "task_id")[:limit])


@dataclass(frozen=True)
class Arrived:
    count: int
    last: datetime


def arrived(indexes: list[WorkflowIndex], since: datetime) -> dict[str, Arrived]:
    """How many came to need somebody since then, by status."""
    rows = IndexedTask.objects.filter(index__in=indexes, is_unfinished=True, status__in=NEEDS_ATTENTION)
    found: Any = rows.filter(updated_at__gt=since).order_by().values_list("status")
    return {status: Arrived(count, last) for status, count, last in found.annotate(Count("pk"), Max("updated_at"))}


def _open(index: WorkflowIndex, statuses: list[str]) -> QuerySet[IndexedTask]:
    return index.tasks.filter(is_unfinished=True, status__in=statuses)


def _moving(counts: Counts) -> list[str]:
    return [status for status in counts.by_status if status != FAILED]
