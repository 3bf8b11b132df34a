"""The ways along a workflow's tasks, a call a step: what is new, the open lists, what left them, the past.

Finished tasks are listed by id, not by when they ended, so an end is found by what is missing from the open lists. A
task may go from one list to another behind the walk's back: it is suspected only, until its own answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.api_client import TASK_STATUSES, NotFound, PipelinesClient, Task, TaskPage, UnexpectedResponse

from .models import FAILED, IndexedTask, Walk, WorkflowIndex
from .recording import mark_gone, suspect, take_in

PAGE = 200
NEWEST_EVERY, OPEN_EVERY, FAILED_EVERY = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)
# One after the other, as the pace of the key lets them.
AT_ONCE, PAST_EVERY = timedelta(), timedelta(seconds=5)
# What leaves the others mostly comes into the last one: read behind them, it clears most suspicions.
OPEN_LISTS = ("pending", "paused", "escalated", "quarantined", "in_progress")
LISTS = {Walk.Kind.OPEN: OPEN_LISTS, Walk.Kind.FAILED: (FAILED,)}
OLDEST = 5
# Nothing that left these is met again in the same walk.
SURELY_LEFT = (OPEN_LISTS[-1], FAILED)


class StandsStill(Exception):
    """The page behind a page is not behind it: on this way the walk would go in a circle for ever."""


@dataclass(frozen=True)
class Heard:
    """What the API was asked for a step, and said. `gone`: of the task, that there is none; `garbled`: nonsense."""

    asked_at: datetime
    page: TaskPage
    gone: int | None = None
    garbled: int | None = None

    @property
    def ids(self) -> list[int]:
        return [task.id for task in self.page.tasks]


# When the next step is due (None: no more), and where it goes on.
Next = tuple[timedelta | None, dict[str, Any]]


def ask(walk: Walk, client: PipelinesClient) -> Heard:
    """One call at most. Raises PipelinesError, and StandsStill."""
    asked_at = timezone.now()
    if walk.kind == Walk.Kind.LEFT:
        return _ask_for_one(walk, client, asked_at)
    lists = LISTS.get(Walk.Kind(walk.kind))
    status = lists[walk.place.get("list", 0)] if lists else None
    cursor = walk.place.get("cursor")
    page = client.list_tasks(_workflow_id(walk), cursor=cursor, limit=PAGE, status=status)
    if _stands_still(walk, page):
        raise StandsStill
    return Heard(asked_at, page)


def _stands_still(walk: Walk, page: TaskPage) -> bool:
    """Pages may overlap, and hold nothing; but each leads further down."""
    above = walk.place.get("above")
    if page.tasks and above is not None and min(task.id for task in page.tasks) >= above:
        return True
    return page.older_cursor is not None and page.older_cursor == walk.place.get("cursor")


def _further(walk: Walk, heard: Heard) -> dict[str, Any]:
    """The place behind the page that was heard."""
    return {"cursor": heard.page.older_cursor, "above": min(heard.ids, default=walk.place.get("above"))}


def take(walk: Walk, heard: Heard) -> Next:
    """What was heard into the index, inside a transaction that holds it."""
    take_in(walk.index, heard.page.tasks, heard.asked_at)
    return _TAKE[Walk.Kind(walk.kind)](walk, heard)


def _workflow_id(walk: Walk) -> int:
    return walk.index.workflow.workflow_id if walk.index.workflow else 0


def _set(index: WorkflowIndex, **values: Any) -> None:
    WorkflowIndex.objects.filter(pk=index.pk).update(**values)


def _take_newest(walk: Walk, heard: Heard) -> Next:
    """Down to the newest that was known when the walk began; only at its end is what it met the newest."""
    index, ids = walk.index, heard.ids
    top = max([walk.place.get("top", 0), *ids])
    if index.newest_id is None:
        _set(index, newest_id=top)
        _begin_past(index, heard.page)
    elif heard.page.older_cursor and min(ids, default=top) > index.newest_id:
        return AT_ONCE, _further(walk, heard) | {"top": top}
    else:
        _set(index, newest_id=max(top, index.newest_id))
    return NEWEST_EVERY, {}


def _begin_past(index: WorkflowIndex, first: TaskPage) -> None:
    _read_back(index, first, 0)
    if first.older_cursor:
        above = min((task.id for task in first.tasks), default=None)
        place = {"cursor": first.older_cursor, "above": above, "count": len(first.tasks)}
        index.walks.filter(kind=Walk.Kind.PAST).update(due_at=timezone.now(), place=place)


def _take_past(walk: Walk, heard: Heard) -> Next:
    count = walk.place.get("count", 0)
    _read_back(walk.index, heard.page, count)
    if heard.page.older_cursor:
        return PAST_EVERY, _further(walk, heard) | {"count": count + len(heard.ids)}
    return None, {}


def _read_back(index: WorkflowIndex, page: TaskPage, before: int) -> None:
    """A walk that begins anew goes over what was read already: how far that was is not forgotten."""
    values: dict[str, Any] = {"is_read_to_the_end": not page.older_cursor}
    reached = _reached(page)
    if reached and (index.read_back_to is None or reached < index.read_back_to):
        values["read_back_to"] = reached
    _set(index, **values, read_back_count=max(index.read_back_count, before + len(page.tasks)))


def _reached(page: TaskPage) -> datetime | None:
    """Down to when all is known: the middle of the oldest, so that a time that is nonsense does not say years."""
    timed = sorted((task.id, task.created_at) for task in page.tasks if task.created_at)[:OLDEST]
    times = sorted(at for _, at in timed)
    return times[len(times) // 2] if times else None


def _take_list(walk: Walk, heard: Heard) -> Next:
    """A page of a list; behind its last page the next list, behind the last list a pause."""
    kind, place = Walk.Kind(walk.kind), walk.place
    number, since = place.get("list", 0), place.get("since") or heard.asked_at.isoformat()
    _suspect_missing(walk.index, LISTS[kind][number], heard, place.get("above"))
    if heard.page.older_cursor:
        return AT_ONCE, _further(walk, heard) | {"list": number, "since": since}
    if number + 1 < len(LISTS[kind]):
        return AT_ONCE, {"list": number + 1, "since": since}
    return _end_lists(walk, datetime.fromisoformat(since)), {}


def _suspect_missing(index: WorkflowIndex, status: str, heard: Heard, above: int | None) -> None:
    """Those that should stand on this page, between its neighbours, and do not."""
    if heard.page.older_cursor and not heard.ids:
        return  # it says nothing of how far down it reaches
    below = min(heard.ids) if heard.page.older_cursor else 0
    listed = index.tasks.filter(is_unfinished=True, status=status, is_suspect=False, task_id__gte=below).order_by()
    known = (listed if above is None else listed.filter(task_id__lt=above)).values_list("task_id", flat=True)
    missing = sorted(set(known) - set(heard.ids))
    if missing:
        suspect(index, status, missing, heard.asked_at)
    if missing and status in SURELY_LEFT:
        look_after_those_that_left(index)


def _end_lists(walk: Walk, since: datetime) -> timedelta:
    index, now = walk.index, timezone.now()
    if walk.kind == Walk.Kind.FAILED:
        _set(index, failed_as_of=since)
        return FAILED_EVERY
    _suspect_unlisted(index)
    _set(index, open_as_of=since)
    look_after_those_that_left(index)
    return max(since + OPEN_EVERY - now, AT_ONCE)


def _suspect_unlisted(index: WorkflowIndex) -> None:
    """Of a status that the reference does not name there is no list."""
    index.tasks.filter(is_unfinished=True).exclude(status__in=TASK_STATUSES).update(is_suspect=True)


def look_after_those_that_left(index: WorkflowIndex) -> None:
    if index.tasks.filter(is_suspect=True).exists():
        index.walks.filter(kind=Walk.Kind.LEFT, due_at=None).update(due_at=timezone.now())


def _ask_for_one(walk: Walk, client: PipelinesClient, asked_at: datetime) -> Heard:
    row = _next_suspect(walk.index)
    if row is None:
        return Heard(asked_at, TaskPage(tasks=[]))
    try:
        return Heard(asked_at, TaskPage(tasks=[_as_asked(client.task(_workflow_id(walk), row.task_id), row.task_id)]))
    except NotFound:
        return Heard(asked_at, TaskPage(tasks=[]), gone=row.task_id)
    except UnexpectedResponse:
        return Heard(asked_at, TaskPage(tasks=[]), garbled=row.task_id)


def _as_asked(task: Task, task_id: int) -> Task:
    """An answer that names another task is about the one asked for: that one must not be asked for again for ever."""
    return task.model_copy(update={"id": task_id})


def _next_suspect(index: WorkflowIndex) -> IndexedTask | None:
    """While the open lists are walked, those may still turn up that left one that is not the last."""
    suspects = index.tasks.filter(is_suspect=True)
    if index.walks.filter(kind=Walk.Kind.OPEN).exclude(place={}).exists():
        suspects = suspects.filter(status__in=SURELY_LEFT)
    return suspects.order_by("task_id").first()


def _take_left(walk: Walk, heard: Heard) -> Next:
    if heard.gone is not None:
        mark_gone(walk.index, heard.gone, heard.asked_at)
    if heard.garbled is not None:  # the next walk suspects it anew; others must not wait behind it
        walk.index.tasks.filter(task_id=heard.garbled).update(is_suspect=False)
    return (AT_ONCE if _next_suspect(walk.index) else None), {}


_TAKE: dict[Walk.Kind, Callable[[Walk, Heard], Next]] = {
    Walk.Kind.NEWEST: _take_newest,
    Walk.Kind.OPEN: _take_list,
    Walk.Kind.FAILED: _take_list,
    Walk.Kind.LEFT: _take_left,
    Walk.Kind.PAST: _take_past,
}
