"""What the person created: today by hour, their latest tasks, and the workflows in which they last worked."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Max, Min, Sum
from django.db.models.functions import ExtractHour, TruncDate
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import NodeSummary
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION, is_open, label_of
from pipelines_portal.core.bounded_cache import BoundedCache
from pipelines_portal.core.times import ago
from pipelines_portal.overview.home.bars import Bars, hour_bars
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.origin import title_of
from pipelines_portal.task_index.counts import LISTED_STATUSES
from pipelines_portal.task_index.models import GONE, IndexedTask, NoteState
from pipelines_portal.tasks.conditions import ME
from pipelines_portal.tasks.merged_list import ATTENTION
from pipelines_portal.workflows.models import OpenedWorkflow

FINISHED = "finished"
MOST_LATEST, MOST_STARTS = 7, 3
LONGEST_TEXT = 160
# The same weekday of so many weeks says what is usual, if the person worked on at least three of them.
WEEKS, FEWEST_DAYS = 8, 3
Place = tuple[int, int]
# What each person created on the days before, by day and workflow. These days are over: one read a day is enough.
EARLIER: BoundedCache[tuple[int, date, str], dict[date, dict[Place, int]]] = BoundedCache(500)


@dataclass(frozen=True)
class Number:
    """A number with its words, which link to what it counts."""

    count: int
    words: str
    url: str


@dataclass(frozen=True)
class OwnDay:
    """What the person created today. `compared` says how much it was on other days, `troubles` what needs attention."""

    created: int
    rejected: Number | None
    first_at: datetime | None
    url: str
    hours: Bars
    numbers: tuple[Number, ...]
    compared: str
    open_count: int
    tasks_url: str
    oldest_open: datetime | None
    troubles: Number | None


@dataclass(frozen=True)
class LatestTask:
    task_id: str
    text: str
    url: str
    status: str
    nodes: NodeSummary | None
    at: datetime


@dataclass(frozen=True)
class StartingPoint:
    """A workflow to start in, with what the person did there last. Without `form`, its tasks are made of files."""

    name: str
    url: str
    line: str
    rows: str
    form: str
    files: str


@dataclass(frozen=True)
class SentToday:
    """What the person sent today in an hour, in a workflow, with one status."""

    hour: int
    key: int | None
    workflow: int
    status: str
    created: int
    rejected: int
    first: datetime
    last: datetime


def read_today(user: User, now: datetime) -> list[SentToday]:
    sent = Submission.objects.filter(owner=user, created_at__gte=_midnight(now))
    hour = ExtractHour("created_at", tzinfo=timezone.get_current_timezone())
    grouped = sent.exclude(status=Submission.Status.DRAFT).order_by().annotate(hour=hour)
    sums = grouped.values_list("hour", "key", "workflow_id", "status").annotate(
        Sum("success_count"), Sum("error_count"), Min("created_at"), Max("created_at")
    )
    return [SentToday(*row) for row in sums]


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def own_day(user: User, today: list[SentToday], keys: set[int], now: datetime) -> OwnDay | None:
    """Return None if the person sent nothing today. `keys` are those that they may still use."""
    if not today:
        return None
    created, day = sum(one.created for one in today), timezone.localdate(now)
    hours = Counter[int]()
    for one in today:
        hours[one.hour] += one.created
    places = {(one.key, one.workflow) for one in today if one.key and one.key in keys and one.created}
    statuses = _read_statuses(user, now, places, created) if places else Statuses((), 0, None)
    return OwnDay(
        created=created,
        rejected=_rejected(today, day.isoformat()),
        first_at=min(one.first for one in today),
        url=_sent_url(since=day.isoformat()),
        hours=hour_bars(hours, timezone.localtime(now).hour),
        numbers=statuses.numbers,
        compared=_compared(user, day),
        open_count=statuses.open_count,
        tasks_url=_status_url(places, "", day.isoformat()),
        oldest_open=statuses.oldest_open,
        troubles=statuses.troubles,
    )


def _rejected(today: list[SentToday], day: str) -> Number | None:
    rejected = sum(one.rejected for one in today)
    statuses = {one.status for one in today if one.rejected}
    only_status = statuses.pop() if len(statuses) == 1 else ""
    return Number(rejected, "rejected", _sent_url(since=day, status=only_status)) if rejected else None


@dataclass(frozen=True)
class Statuses:
    """Today's tasks by their last known status, in the order of pages, how many are open, and since when."""

    numbers: tuple[Number, ...]
    open_count: int
    oldest_open: datetime | None
    troubles: Number | None = None


def _read_statuses(user: User, now: datetime, places: set[Place], created: int) -> Statuses:
    opened = "submission__key__workflows"
    tasks = f"{opened}__index__tasks"
    conditions: dict[str, Any] = {
        "submission__owner": user,
        "submission__key__in": {key for key, _ in places},
        "submission__created_at__gte": _midnight(now),
        f"{opened}__workflow_id": F("submission__workflow_id"),
        f"{tasks}__task_id": F("task_id"),
    }
    rows: Any = SubmissionRow.objects.filter(**conditions).order_by()
    grouped = rows.values_list(f"{tasks}__status", f"{tasks}__note_state")
    counted, mistakes, open_since = Counter[str](), 0, list[datetime]()
    for status, note, number, oldest in grouped.annotate(Count("pk"), Min(f"{tasks}__created_at")):
        if note == NoteState.MISTAKE:
            mistakes += number
        elif status != GONE:
            counted[status] += number
            open_since += [oldest] if is_open(status) and oldest else []
    order: list[str] = [FINISHED, *reversed(LISTED_STATUSES)]
    by_status = sorted(counted.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order))
    day = timezone.localdate(now).isoformat()
    numbers = [Number(count, label_of(status).lower(), _status_url(places, status, day)) for status, count in by_status]
    if (unread := created - sum(counted.values()) - mistakes) > 0:
        numbers.insert(0, Number(unread, "just created", _sent_url(since=day)))
    if mistakes:
        words = "mistake or replaced" if mistakes == 1 else "mistakes or replaced"
        numbers.append(Number(mistakes, words, _status_url(places, "", day)))
    open_count = sum(count for status, count in by_status if is_open(status))
    failed = {status: count for status, count in by_status if status in NEEDS_ATTENTION}
    words = ", ".join(f"{count:,} {label_of(status).lower()}" for status, count in failed.items())
    troubles = Number(sum(failed.values()), words, _status_url(places, ATTENTION, day)) if failed else None
    return Statuses(tuple(numbers), open_count, min(open_since, default=None), troubles)


def _status_url(places: set[Place], status: str, day: str) -> str:
    """Return the person's tasks of today with this status: in the list of their only workflow, or in the search."""
    url = reverse("tasks:list", args=next(iter(places))) if len(places) == 1 else reverse("search:search")
    query = {"status": status, "sent": ME, "day": day}
    return f"{url}?{urlencode({name: value for name, value in query.items() if value})}"


def _sent_url(**query: str) -> str:
    """Return the URL of Sent with these filters."""
    return f"{reverse('submissions:list')}?{urlencode({name: value for name, value in query.items() if value})}"


def earlier_days(user: User, today: date) -> dict[date, dict[Place, int]]:
    """Return what the person created in the weeks before today, by day and workflow."""
    zone = timezone.get_current_timezone()
    known = EARLIER.get((user.pk, today, str(zone)))
    if known is not None:
        return known
    start = timezone.make_aware(datetime.combine(today - timedelta(weeks=WEEKS), datetime.min.time()))
    end = timezone.make_aware(datetime.combine(today, datetime.min.time()))
    sent = Submission.objects.filter(owner=user, created_at__gte=start, created_at__lt=end)
    dated = sent.exclude(status=Submission.Status.DRAFT).order_by().annotate(day=TruncDate("created_at", tzinfo=zone))
    by_day = dated.values_list("day", "key", "workflow_id")
    days: dict[date, dict[Place, int]] = {}
    for day, key, workflow, created in by_day.annotate(Sum("success_count")):
        days.setdefault(day, {})[key or 0, workflow] = created
    EARLIER.put((user.pk, today, str(zone)), days)
    return days


def _compared(user: User, today: date) -> str:
    """Return "Friday: 204 · usual Monday: 210"."""
    days = {day: sum(by_place.values()) for day, by_place in earlier_days(user, today).items()}
    days = {day: created for day, created in days.items() if created}
    parts = []
    if days and (today - max(days)).days < 7:
        parts.append(f"{max(days):%A}: {days[max(days)]:,}")
    same = [number for day, number in days.items() if day.weekday() == today.weekday()]
    if len(same) >= FEWEST_DAYS:
        parts.append(f"usual {today:%A}: {median(same):,.0f}")
    return " · ".join(parts)


def latest_tasks(user: User, workflows: list[OpenedWorkflow], keys: set[int]) -> tuple[LatestTask, ...]:
    """Return the person's newest tasks with their last known status, of the keys that they may still use.

    `workflows` say which field tells tasks apart.
    """
    title_fields = {(one.key_id, one.workflow_id): one.title_field for one in workflows}
    created = Submission.objects.filter(owner=user, success_count__gt=0, key__in=keys).order_by("-created_at")
    # The last rows of a large submission are enough, even if all of its rejected rows are among them.
    first = F("submission__row_count") - F("submission__error_count") - MOST_LATEST
    rows = SubmissionRow.objects.filter(
        submission__in=created.values("pk")[:MOST_LATEST], task_id__isnull=False, index__gte=first
    ).order_by("-submission__created_at", "-index")
    of_submission = ("submission__key", "submission__workflow_id", "submission__created_at")
    shown = list(rows.values_list(*of_submission, "task_id", "fields")[:MOST_LATEST])
    indexed = IndexedTask.objects.filter(index__workflow__key__in=keys, task_id__in={row[3] for row in shown})
    place_of = {"key": F("index__workflow__key"), "workflow": F("index__workflow__workflow_id")}
    nodes = ("nodes", "nodes_finished", "nodes_in_progress")
    known: dict[tuple[int, int, int], Any] = {
        (task.key, task.workflow, task.task_id): task  # type: ignore[attr-defined]
        for task in indexed.order_by().annotate(**place_of).only("task_id", "status", "updated_at", *nodes)
    }
    latest = []
    for key, workflow, created_at, task_id, fields in shown:
        task = known.get((key, workflow, task_id))
        text = title_of(fields or {}, title_fields.get((key, workflow), ""))
        latest.append(
            LatestTask(
                str(task_id),
                text[:LONGEST_TEXT],
                reverse("tasks:detail", args=[key, workflow, task_id]),
                task.status if task else "",
                task.node_summary if task else None,
                (task and task.updated_at) or created_at,
            )
        )
    return tuple(latest)


def list_starts(
    user: User, workflows: list[OpenedWorkflow], today: list[SentToday], now: datetime
) -> tuple[StartingPoint, ...]:
    """Return the workflows in which the person worked last, else those that they visited last."""
    of_today: dict[Place, tuple[int, datetime]] = {}
    for one in sorted(today, key=lambda one: one.last):
        place = (one.key or 0, one.workflow)
        of_today[place] = (of_today.get(place, (0, now))[0] + one.created, one.last)
    last_days: dict[Place, tuple[date, int]] = {}
    for day, by_place in sorted(earlier_days(user, timezone.localdate(now)).items()):
        last_days |= {place: (day, created) for place, created in by_place.items()}

    def worked_last(workflow: OpenedWorkflow) -> tuple[Any, ...]:
        place = (workflow.key_id, workflow.workflow_id)
        last_today = of_today[place][1].timestamp() if place in of_today else 0
        return (last_today, last_days.get(place, (date.min, 0))[0], workflow.status == "ACTIVE")

    chosen = sorted(workflows, key=worked_last, reverse=True)[:MOST_STARTS]
    return tuple(_start(one, of_today, last_days, now) for one in chosen)


def _start(
    workflow: OpenedWorkflow,
    of_today: dict[Place, tuple[int, datetime]],
    last_days: dict[Place, tuple[date, int]],
    now: datetime,
) -> StartingPoint:
    place = (workflow.key_id, workflow.workflow_id)
    line = "You’ve sent nothing here lately"
    if place in of_today:
        created, last = of_today[place]
        line = f"{created:,} by you today · last {ago(last, now)}"
    elif place in last_days:
        day, created = last_days[place]
        is_near = (timezone.localdate(now) - day).days < 7
        line = f"Last on {f'{day:%A}' if is_near else f'{day.day} {day:%b}'}"
        line += f" · {created:,} by you" if created else ""
    list_url = reverse("tasks:list", args=place)
    if workflow.has_file_fields:
        return StartingPoint(workflow.name, list_url, line, "", "", reverse("uploads:choose", args=place))
    return StartingPoint(
        workflow.name, list_url, line, reverse("sheets:new", args=place),
        f"{reverse('new_task:create', args=place)}?view=form", reverse("imports:new", args=place),
    )  # fmt: skip
