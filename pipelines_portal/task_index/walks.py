"""The ways along a workflow's tasks, a call a step: what is new, the lists, what left them, the past.

A cycle reads the lists of what needs somebody first, then those of what is pending, paused and in progress. Finished
tasks are listed by id, not by when they ended, so an end is found by what is missing from the other lists. A task may
go from one list to another behind the walk's back: it is suspected only, until it is met again. Many that left at once
are looked for in the list of finished tasks, 200 a call; what is not met there is asked for one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min
from django.utils import timezone

from pipelines_portal.api_client import NotFound, PipelinesClient, Task, TaskPage, TaskStatus, UnexpectedResponse
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.task_index.models import (
    LISTED,
    IndexedTask,
    StatusCount,
    Walk,
    WorkflowIndex,
)
from pipelines_portal.task_index.recording import mark_gone, suspect, take_in

PAGE = 200
NEWEST_EVERY, OPEN_EVERY = timedelta(minutes=1), timedelta(minutes=5)
# One after the other, as the pace of the key lets them.
AT_ONCE, PAST_EVERY = timedelta(), timedelta(seconds=5)
# What leaves the others mostly comes into the last open one: read behind them, it clears most suspicions.
OPEN_LISTS = (*NEEDS_ATTENTION, TaskStatus.PENDING, TaskStatus.PAUSED, TaskStatus.IN_PROGRESS)
LISTS = (*OPEN_LISTS, TaskStatus.FINISHED)
OLDEST = 5
# Of each list of what needs somebody no more pages are read in a cycle.
MOST_PAGES = 5
# From so many suspects on the list of finished tasks is read; it may take two pages, one more for each twenty suspects,
# and one more for each four that it clears: little more than asking for each, where it leads to few of them.
LOOKED_FOR_IN_LIST, FREE_PAGES, SUSPECTS_A_PAGE, CLEARED_A_PAGE = 4, 2, 20, 4
# At the usual pace of a key. The next cycle waits for the tasks that are to be asked for, though not for long.
A_CALL = timedelta(seconds=1)


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
    status = LISTS[walk.place.get("list", 0)] if walk.kind == Walk.Kind.OPEN else None
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
    top, since = max([walk.place.get("top", 0), *ids]), walk.place.get("since") or heard.asked_at.isoformat()
    if index.newest_id is None:
        _begin_past(index, heard.page)
    elif heard.page.older_cursor and min(ids, default=top) > index.newest_id:
        met = walk.place.get("met", 0) + len(ids)
        _set(index, newest_met=met)
        return AT_ONCE, _further(walk, heard) | {"top": top, "since": since, "met": met}
    newest = max(top, index.newest_id or 0)
    _set(index, newest_id=newest, newest_as_of=datetime.fromisoformat(since), newest_met=None)
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
    timed = sorted((task.id, task.created_at) for task in page.tasks)[:OLDEST]
    times = sorted(at for _, at in timed)
    return times[len(times) // 2] if times else None


def _take_list(walk: Walk, heard: Heard) -> Next:
    """A page of a list; behind its last page the next list, behind the last list a pause."""
    begun = {"list": 0, "since": heard.asked_at.isoformat(), "met": 0}
    place = begun | {"list_since": heard.asked_at.isoformat(), "listed": 0, "pages": 0} | walk.place
    if LISTS[place["list"]] == TaskStatus.FINISHED:
        return _take_ends(walk, heard, place)
    status, above = LISTS[place["list"]], place.get("above")
    _suspect_missing(walk.index, status, heard, above)
    new = len({number for number in heard.ids if above is None or number < above})
    counted = {"listed": place["listed"] + new, "met": place["met"] + new, "pages": place["pages"] + 1}
    _set(walk.index, open_met=counted["met"])
    is_cut = status in NEEDS_ATTENTION and counted["pages"] >= MOST_PAGES and heard.page.older_cursor is not None
    if heard.page.older_cursor and not is_cut:
        return AT_ONCE, place | _further(walk, heard) | counted
    _note_listed(walk.index, status, counted["listed"], datetime.fromisoformat(place["list_since"]), is_cut=is_cut)
    if status != OPEN_LISTS[-1]:
        return AT_ONCE, {"list": place["list"] + 1, "since": place["since"], "met": counted["met"]}
    return _end_open_lists(walk, place)


def _note_listed(index: WorkflowIndex, status: str, listed: int, at: datetime, *, is_cut: bool) -> None:
    StatusCount.objects.bulk_create(
        [StatusCount(index=index, status=status, listed=listed, listed_at=at, is_cut=is_cut)],
        update_conflicts=True,
        unique_fields=["index", "status"],
        update_fields=["listed", "listed_at", "is_cut"],
    )


def _suspect_missing(index: WorkflowIndex, status: str, heard: Heard, above: int | None) -> None:
    """Mark the tasks that this page of the list should contain, by their IDs, and does not."""
    if heard.page.older_cursor and not heard.ids:
        return  # it says nothing of how far down it reaches
    below = min(heard.ids) if heard.page.older_cursor else 0
    listed = index.tasks.filter(LISTED, status=status, task_id__gte=below).order_by()
    known = (listed if above is None else listed.filter(task_id__lt=above)).values_list("task_id", flat=True)
    missing = sorted(set(known) - set(heard.ids))
    if missing:
        suspect(index, status, missing, heard.asked_at)


def _end_open_lists(walk: Walk, place: dict[str, Any]) -> Next:
    _suspect_unlisted(walk.index)
    _set(walk.index, open_as_of=datetime.fromisoformat(place["since"]))
    suspects, _ = _suspects(walk.index)
    if suspects < LOOKED_FOR_IN_LIST:
        return _end_cycle(walk, place)
    return AT_ONCE, {
        "list": LISTS.index(TaskStatus.FINISHED),
        "since": place["since"],
        "met": place["met"],
        "suspects": suspects,
    }


def _take_ends(walk: Walk, heard: Heard, place: dict[str, Any]) -> Next:
    """A page of the list of finished tasks, as long as it leads to suspects."""
    left, lowest = _suspects(walk.index)
    pages, cleared = place["pages"] + 1, place["suspects"] - left
    is_above = min(heard.ids, default=lowest + 1) > lowest
    most = FREE_PAGES + place["suspects"] // SUSPECTS_A_PAGE + max(cleared, 0) // CLEARED_A_PAGE
    if heard.page.older_cursor and left and is_above and pages < most:
        return AT_ONCE, place | _further(walk, heard) | {"pages": pages}
    return _end_cycle(walk, place)


def _end_cycle(walk: Walk, place: dict[str, Any]) -> Next:
    """The next one begins five minutes after this one did, or later, so that those that left are asked for."""
    index, since = walk.index, datetime.fromisoformat(place["since"])
    suspects, _ = _suspects(index)
    ends = {} if suspects else {"ends_as_of": since}
    _set(index, open_met=None, **ends)
    if suspects:
        index.walks.filter(kind=Walk.Kind.LEFT, due_at=None).update(due_at=timezone.now())
    return max(since + OPEN_EVERY - timezone.now(), min(suspects * A_CALL, OPEN_EVERY)), {}


def _suspects(index: WorkflowIndex) -> tuple[int, int]:
    """How many there are, and the lowest id of them."""
    found = index.tasks.filter(is_suspect=True).order_by().aggregate(count=Count("pk"), lowest=Min("task_id"))
    return found["count"], found["lowest"] or 0


def _suspect_unlisted(index: WorkflowIndex) -> None:
    """Of a status that the reference does not name there is no list."""
    index.tasks.filter(LISTED).exclude(status__in=list(TaskStatus)).update(is_suspect=True)


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
    """None while the lists are read: those that left one may still turn up in another."""
    if index.walks.filter(kind=Walk.Kind.OPEN).exclude(place={}).exists():
        return None
    return index.tasks.filter(is_suspect=True).order_by("task_id").first()


def _take_left(walk: Walk, heard: Heard) -> Next:
    index = walk.index
    if heard.gone is not None:
        mark_gone(index, heard.gone, heard.asked_at)
    if heard.garbled is not None:  # the next cycle suspects it again; others must not wait behind it
        index.tasks.filter(task_id=heard.garbled).update(is_suspect=False)
    if not index.tasks.filter(is_suspect=True).exists():
        _set(index, ends_as_of=F("open_as_of"))
    return (AT_ONCE if _next_suspect(index) else None), {}


_TAKE: dict[Walk.Kind, Callable[[Walk, Heard], Next]] = {
    Walk.Kind.NEWEST: _take_newest,
    Walk.Kind.OPEN: _take_list,
    Walk.Kind.LEFT: _take_left,
    Walk.Kind.PAST: _take_past,
}
