"""What pages show of an index beside its counts. No query here grows with the number of tasks that are over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Max, Min, QuerySet, Sum, Value, When
from django.utils import timezone

from .counts import Counts
from .models import FAILED, NEEDS_ATTENTION, IndexedTask, QuarterCount, WorkflowIndex
from .recording import QUARTER


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
    firsts = [_open(index, [status]).order_by("task_id").first() for status in _moving(counts)]
    return min((task for task in firsts if task), key=lambda task: task.task_id, default=None)


def stuck(index: WorkflowIndex, counts: Counts, limit: int, now: datetime) -> Stuck:
    """Paused ones are left out: they stand because somebody paused them."""
    since = now - timedelta(hours=index.stuck_hours)
    statuses = [status for status in _moving(counts) if status != "paused"]
    found = _open(index, statuses).filter(updated_at__lt=since)
    return Stuck(list(found.order_by("updated_at", "task_id")[:limit]), found.count())


def stuck_counts(indexes: Iterable[WorkflowIndex], now: datetime) -> dict[int, int]:
    """How many of each did not move for as long as is set for it."""
    by_hours: dict[int, list[int]] = {}
    for index in indexes:
        by_hours.setdefault(index.stuck_hours, []).append(index.pk)
    return {pk: count for hours, pks in by_hours.items() for pk, count in _stuck_count(pks, hours, now)}


def _stuck_count(pks: list[int], hours: int, now: datetime) -> list[tuple[int, int]]:
    moving = IndexedTask.objects.filter(index__in=pks, is_unfinished=True).exclude(status__in=[FAILED, "paused"])
    late = moving.filter(updated_at__lt=now - timedelta(hours=hours)).order_by()
    return list(late.values_list("index").annotate(Count("pk")))


def oldest_of(indexes: Iterable[WorkflowIndex]) -> dict[int, datetime]:
    """Since when the oldest open task of each is there."""
    moving = IndexedTask.objects.filter(index__in=indexes, is_unfinished=True).exclude(status=FAILED).order_by()
    return {pk: first for pk, first in moving.values_list("index").annotate(Min("created_at")) if first}


def needing_attention(indexes: list[WorkflowIndex], since: datetime, limit: int) -> list[IndexedTask]:
    """Those that came to need somebody since then, newest first."""
    rows = IndexedTask.objects.filter(index__in=indexes, is_unfinished=True, updated_at__gt=since)
    rows = rows.filter(status__in=NEEDS_ATTENTION).select_related("index__workflow")
    return list(rows.order_by("-updated_at", "-task_id")[:limit])


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
