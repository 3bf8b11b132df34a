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

from pipelines_portal.shared.among import Among

from .counts import Counts
from .models import CAN_BE_STUCK, FAILED, LISTED, NEEDS_ATTENTION, IndexedTask, QuarterCount, WorkflowIndex
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


def days_of(indexes: Iterable[WorkflowIndex], count: int, now: datetime) -> dict[int, list[Day]]:
    """The last `count` days of each, today last, by the index's primary key."""
    indexes = list(indexes)
    return days_in(day_sums(Q(index__in=indexes), count, now), indexes, count, now)


def days_in(
    rows: Iterable[tuple[Any, ...]], indexes: Iterable[WorkflowIndex], count: int, now: datetime
) -> dict[int, list[Day]]:
    """As `days_of`, from what `day_sums` asks for."""
    starts = _starts(count, now)
    sums = {(pk, day): (created, finished) for pk, day, created, finished in rows}
    return {index.pk: [_day(index, sums, starts, number) for number in range(count)] for index in indexes}


def _starts(count: int, now: datetime) -> list[datetime]:
    """Of each day and, last, of tomorrow."""
    zone, today = timezone.get_current_timezone(), timezone.localdate(now)
    days = [today - timedelta(days=count - 1 - number) for number in range(count + 1)]
    return [datetime.combine(day, time(), zone) for day in days]


def day_sums(of: Q, count: int, now: datetime) -> QuerySet[Any, Any]:
    first, *borders, end = [-(-int(start.timestamp()) // QUARTER) for start in _starts(count, now)]
    whens = [When(quarter__gte=border, then=Value(number)) for number, border in enumerate(borders, start=1)]
    rows = QuarterCount.objects.filter(of, quarter__gte=first, quarter__lt=end).order_by()
    rows = rows.annotate(day=Case(*reversed(whens), default=0, output_field=IntegerField()))
    return rows.values_list("index", "day").annotate(Sum("created"), Sum("finished"))


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


def oldest_open(index: WorkflowIndex, counts: Counts) -> QuerySet[IndexedTask]:
    """The one with the lowest id: ids grow as tasks are created."""
    open_ones = _open(index, _open_statuses([counts])).order_by()
    first = open_ones.values("index").annotate(first=Min("task_id")).values("first")
    return index.tasks.filter(Among("task_id", first))[:1]


def stuck(index: WorkflowIndex, limit: int, now: datetime) -> QuerySet[IndexedTask]:
    """The first few that did not move for longest; each says as `found` how many there are."""
    since = now - timedelta(hours=index.stuck_hours)
    late = _open(index, CAN_BE_STUCK).filter(updated_at__lt=since)
    count = late.order_by().values("index").annotate(number=Count("pk")).values("number")
    return late.annotate(found=Subquery(count)).order_by("updated_at", "task_id")[:limit]


def standing(counted: Counted, now: datetime) -> QuerySet[Any, Any]:
    """What `standing_in` is to be given. Both out of indexes of the database that hold nothing else."""
    if not counted:
        return WorkflowIndex.objects.none().values_list("pk")
    hours = {index.stuck_hours for index, _ in counted}
    cuts = [When(stuck_hours=each, then=Value(now - timedelta(hours=each))) for each in hours]
    indexes = WorkflowIndex.objects.filter(pk__in=[index.pk for index, _ in counted])
    of_each = indexes.annotate(cut=Case(*cuts, output_field=DateTimeField()), first=_first_id(counted))
    created = IndexedTask.objects.filter(index=OuterRef("pk"), task_id=OuterRef("first")).values("created_at")
    return of_each.annotate(since=Subquery(created), late=_late()).values_list("pk", "since", "late")


def standing_in(found: Iterable[tuple[Any, ...]]) -> tuple[dict[int, datetime], dict[int, int]]:
    """Of each index, since when its oldest open task is there; and how many stand for longer than is set for it."""
    rows = list(found)
    return {pk: since for pk, since, _ in rows if since}, {pk: late for pk, _, late in rows if late}


def _first_id(counted: Counted) -> Subquery:
    open_ones = _open_of_each(_open_statuses(counts for _, counts in counted))
    return Subquery(open_ones.values("index").annotate(first=Min("task_id")).values("first"))


def _late() -> Subquery:
    late = _open_of_each(CAN_BE_STUCK).filter(updated_at__lt=OuterRef("cut"))
    return Subquery(late.values("index").annotate(number=Count("pk")).values("number"))


def _open_of_each(statuses: Iterable[str]) -> QuerySet[IndexedTask]:
    """Of each index of the query around it. The statuses are named, so that the database finds the few among the many.

    With the indexes named a second time SQLite would go through all tasks.
    """
    return IndexedTask.objects.filter(LISTED, index=OuterRef("pk"), status__in=statuses).order_by()


def needing_attention(
    indexes: list[WorkflowIndex],
    limit: int,
    *,
    since: datetime | None = None,
    statuses: Iterable[str] = NEEDS_ATTENTION,
) -> QuerySet[IndexedTask]:
    """Those that came to need somebody, since then if that is said; newest first."""
    rows = IndexedTask.objects.filter(LISTED, index__in=indexes, status__in=statuses)
    rows = rows.filter(updated_at__gt=since) if since else rows
    return rows.select_related("index__workflow").order_by(NEWEST, "-task_id")[:limit]


def stuck_of(counted: Counted, limit: int, now: datetime) -> QuerySet[IndexedTask]:
    """Those that stood longest, each for longer than is set for its index."""
    if not counted:
        return IndexedTask.objects.none()
    late = [Q(index=index, updated_at__lt=now - timedelta(hours=index.stuck_hours)) for index, _ in counted]
    indexes = [index for index, _ in counted]
    rows = IndexedTask.objects.filter(LISTED, reduce(or_, late), index__in=indexes, status__in=CAN_BE_STUCK)
    rows = rows.select_related("index__workflow")
    return rows.order_by("updated_at", "task_id")[:limit]


@dataclass(frozen=True)
class Arrived:
    count: int
    last: datetime


def arrived(indexes: list[WorkflowIndex], since: datetime | None) -> QuerySet[Any, Any]:
    """What `arrived_in` is to be given."""
    rows = IndexedTask.objects.filter(LISTED, index__in=indexes, status__in=NEEDS_ATTENTION)
    rows = rows.filter(updated_at__gt=since) if since else rows.none()
    return rows.order_by().values_list("status").annotate(Count("pk"), Max("updated_at"))


def arrived_in(rows: Iterable[tuple[Any, ...]]) -> dict[str, Arrived]:
    """How many came to need somebody since then, by status."""
    return {status: Arrived(count, last) for status, count, last in rows}


def _open(index: WorkflowIndex, statuses: Iterable[str]) -> QuerySet[IndexedTask]:
    """Return the tasks with these statuses, without those that have disappeared from the list of their status."""
    return index.tasks.filter(LISTED, status__in=statuses)


def _open_statuses(counts: Iterable[Counts]) -> set[str]:
    return {status for each in counts for status in each.by_status if status != FAILED}
