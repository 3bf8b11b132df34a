"""One step of a scan: fetch a page or a task, and record it in the index.

A cycle reads the lists of the tasks that need attention first, then those that are pending, paused and in progress.
Finished tasks are listed by id, not by the time at which they ended, so a task that ended is found because it is
missing from the other lists. A task may also move from one list to another during the cycle: it is a suspect until a
response contains it again. Many suspects are looked up in the list of finished tasks, 200 a call. The rest is requested
one by one.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pipelines_portal.api_client import NotFound, PipelinesClient, TaskPage, TaskStatus, UnexpectedResponse
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.task_index.models import LISTED, Scan, StatusCount, WorkflowIndex
from pipelines_portal.task_index.recording import mark_gone, mark_lost, mark_suspects, record_tasks

PAGE = 200
NEWEST_INTERVAL, CYCLE_INTERVAL, BACKFILL_INTERVAL = timedelta(minutes=1), timedelta(minutes=5), timedelta(seconds=5)
# The throttle of the key alone delays the next step.
AT_ONCE = timedelta()
# Tasks that leave a list mostly go to the last one. Read after the others, it clears most suspects.
OPEN_LISTS = (*NEEDS_ATTENTION, TaskStatus.PENDING, TaskStatus.PAUSED, TaskStatus.IN_PROGRESS)
LISTS = (*OPEN_LISTS, TaskStatus.FINISHED)
# A cycle reads at most so many pages of each list of tasks that need attention.
MAX_ATTENTION_PAGES = 5
# The list of finished tasks is read if there are so many suspects. It may take FREE_PAGES, one more for each
# SUSPECTS_PER_PAGE, and one more for each CLEARED_PER_PAGE that it clears. So it costs little more than asking for each
# suspect, even if it contains few of them.
MIN_SUSPECTS, FREE_PAGES, SUSPECTS_PER_PAGE, CLEARED_PER_PAGE = 4, 2, 20, 4
# An ID that is more than twice the next one and so far above it is not counted up from that one.
ABSURD_GAP = 1_000_000_000
# What a call takes at the usual rate of a key. The next cycle waits for the suspects for so long each.
CALL_TIME = timedelta(seconds=1)
# The backfill has reached the middle one of so many oldest times of a page. A single wrong time changes nothing.
OLDEST_TIMES = 5


class CursorLoop(Exception):
    """A page does not lead to older tasks, so following its cursor would never end."""


@dataclass(frozen=True)
class Response:
    """The response to a step. `gone_id`: the task no longer exists. `garbled_id`: the response is not a task."""

    requested_at: datetime
    page: TaskPage
    gone_id: int | None = None
    garbled_id: int | None = None

    @property
    def ids(self) -> list[int]:
        return [task.id for task in self.page.tasks]


# After what time the next step is due (None: there is none), and from which position.
Next = tuple[timedelta | None, dict[str, Any]]


# --- fetching ---------------------------------------------------------------------------------------------------------


def fetch(scan: Scan, client: PipelinesClient) -> Response:
    """Make the call of the step, or none if no suspect is left. Raises PipelinesError and CursorLoop."""
    requested_at = timezone.now()
    if scan.kind == Scan.Kind.SUSPECTS:
        return _fetch_suspect(scan, client, requested_at)
    status = LISTS[scan.position.get("list", 0)] if scan.kind == Scan.Kind.LISTS else None
    cursor = scan.position.get("cursor")
    page = client.list_tasks(_workflow_id(scan), cursor=cursor, limit=PAGE, status=status, skip_unreadable=True)
    above = scan.position.get("above")
    # Pages may overlap and may be empty, but each leads further down.
    is_stuck = page.tasks and above is not None and min(task.id for task in page.tasks) >= above
    if is_stuck or (page.older_cursor is not None and page.older_cursor == cursor):
        raise CursorLoop
    return Response(requested_at, page)


def _fetch_suspect(scan: Scan, client: PipelinesClient, requested_at: datetime) -> Response:
    suspect = scan.index.next_suspect()
    if suspect is None:
        return Response(requested_at, TaskPage(tasks=[]))
    try:
        task = client.task(_workflow_id(scan), suspect.task_id)
    except NotFound:
        return Response(requested_at, TaskPage(tasks=[]), gone_id=suspect.task_id)
    except UnexpectedResponse:
        return Response(requested_at, TaskPage(tasks=[]), garbled_id=suspect.task_id)
    # With another id in the response, the same task would be requested again and again.
    return Response(requested_at, TaskPage(tasks=[task.model_copy(update={"id": suspect.task_id})]))


def _workflow_id(scan: Scan) -> int:
    return scan.index.workflow.workflow_id if scan.index.workflow else 0


# --- recording --------------------------------------------------------------------------------------------------------


def record(scan: Scan, response: Response) -> Next:
    """Record the response in the index, in a transaction that locks it. Return when and where the scan goes on."""
    record_tasks(scan.index, response.page.tasks, response.requested_at)
    return _RECORD[Scan.Kind(scan.kind)](scan, response)


def _next_page(scan: Scan, response: Response) -> dict[str, Any]:
    return {"cursor": response.page.older_cursor, "above": min(response.ids, default=scan.position.get("above"))}


def _record_newest(scan: Scan, response: Response) -> Next:
    """Scan down to the newest known task. Only at the end of the scan is its first task the newest known one."""
    index, position, ids = scan.index, scan.position, response.ids
    top = max(position.get("top", 0), _newest_id(ids))
    started_at = position.get("started_at") or response.requested_at.isoformat()
    if index.newest_id is None:
        _start_backfill(index, response.page)
        if not response.page.older_cursor and not response.page.unreadable_ids:
            _record_only_page(index, response)
    elif "cursor" not in position and ids and top < index.newest_id:
        if not position.get("has_lost"):  # a copy of its database may lag behind: read it once more
            return NEWEST_INTERVAL, {"has_lost": True}
        # The API was restored from a backup: it has lost the newer tasks, and will give their IDs again.
        mark_lost(index, response.ids, response.requested_at)
        # Or a wrong ID was taken for the newest one. Then tasks between this page and the known ones are still unread.
        index.newest_id = index.newest_known_below(min(ids))
        index.update(newest_id=index.newest_id)
    if index.newest_id is not None and response.page.older_cursor and min(ids, default=top) > index.newest_id:
        counted = position.get("counted", 0) + response.page.count
        index.update(newest_counted=counted)
        return AT_ONCE, _next_page(scan, response) | {"top": top, "started_at": started_at, "counted": counted}
    newest_id = max(top, index.newest_id or 0)
    index.update(newest_id=newest_id, newest_as_of=datetime.fromisoformat(started_at), newest_counted=None)
    return NEWEST_INTERVAL, {}


def _newest_id(ids: list[int]) -> int:
    """Return the highest ID, or the next one if the highest is absurd: no later task would count as new after it."""
    *_, second, first = [0, 0, *sorted(ids)]
    return second if second and first > 2 * second + ABSURD_GAP else first


def _record_only_page(index: WorkflowIndex, response: Response) -> None:
    """Count the open tasks of a page that has all tasks of the workflow: its lists need not be read for that."""
    statuses, at = Counter(task.status for task in response.page.tasks), response.requested_at
    for status in OPEN_LISTS:
        _record_listed(index, status, statuses[status], at, is_cut=False)
    index.update(open_as_of=at, ends_as_of=at)
    index.scans.filter(kind=Scan.Kind.LISTS, position={}).update(due_at=at + CYCLE_INTERVAL)
    index.measure_durations()


def _start_backfill(index: WorkflowIndex, first: TaskPage) -> None:
    _record_backfilled(index, first, 0)
    if first.older_cursor:
        above = min((task.id for task in first.tasks), default=None)
        position = {"cursor": first.older_cursor, "above": above, "counted": first.count}
        index.scans.filter(kind=Scan.Kind.BACKFILL).update(due_at=timezone.now(), position=position)


def _record_backfill(scan: Scan, response: Response) -> Next:
    counted = scan.position.get("counted", 0)
    _record_backfilled(scan.index, response.page, counted)
    if response.page.older_cursor:
        return BACKFILL_INTERVAL, _next_page(scan, response) | {"counted": counted + response.page.count}
    return None, {}


def _record_backfilled(index: WorkflowIndex, page: TaskPage, counted_before: int) -> None:
    """Record how far the backfill has come. After a restart it reads known pages again and does not fall behind."""
    values: dict[str, Any] = {"is_backfilled": not page.older_cursor}
    reached = _time_reached(page)
    if reached and (index.backfilled_to is None or reached < index.backfilled_to):
        values["backfilled_to"] = reached
    index.update(**values, backfilled_count=max(index.backfilled_count, counted_before + page.count))


def _time_reached(page: TaskPage) -> datetime | None:
    oldest = sorted((task.id, task.created_at) for task in page.tasks)[:OLDEST_TIMES]
    times = sorted(created_at for _, created_at in oldest)
    return times[len(times) // 2] if times else None


def _record_list(scan: Scan, response: Response) -> Next:
    """Record a page of a list. Its last page is followed by the next list, and the last list by a pause."""
    requested_at = response.requested_at.isoformat()
    start = {"list": 0, "started_at": requested_at, "counted": 0}
    start |= {"list_started_at": requested_at, "listed": 0, "pages": 0}
    position = start | scan.position
    status, above = LISTS[position["list"]], position.get("above")
    if status == TaskStatus.FINISHED:
        return _record_finished_list(scan, response, position)
    _suspect_missing(scan.index, status, response, above)
    new = len({task_id for task_id in response.ids if above is None or task_id < above})
    # The API lists them, whatever else they are.
    new += len(response.page.unreadable_ids)
    counts = {name: position[name] + new for name in ("listed", "counted")} | {"pages": position["pages"] + 1}
    scan.index.update(open_counted=counts["counted"])
    has_more = response.page.older_cursor is not None
    is_cut = has_more and status in NEEDS_ATTENTION and counts["pages"] >= MAX_ATTENTION_PAGES
    if has_more and not is_cut:
        return AT_ONCE, position | _next_page(scan, response) | counts
    started_at = datetime.fromisoformat(position["list_started_at"])
    _record_listed(scan.index, status, counts["listed"], started_at, is_cut=is_cut)
    if status != OPEN_LISTS[-1]:
        return AT_ONCE, _next_list(position, counts["counted"], position["list"] + 1)
    return _end_open_lists(scan, position)


def _next_list(position: dict[str, Any], counted: int, number: int) -> dict[str, Any]:
    return {"list": number, "started_at": position["started_at"], "counted": counted}


def _record_listed(index: WorkflowIndex, status: str, listed: int, at: datetime, *, is_cut: bool) -> None:
    StatusCount.objects.bulk_create(
        [StatusCount(index=index, status=status, listed=listed, listed_at=at, is_cut=is_cut)],
        update_conflicts=True,
        unique_fields=["index", "status"],
        update_fields=["listed", "listed_at", "is_cut"],
    )


@transaction.atomic
def record_list(index: WorkflowIndex, status: str, page: TaskPage, requested_at: datetime) -> None:
    """Record a list that was read between two cycles and is a single page."""
    response = Response(requested_at, page)
    record_tasks(index, page.tasks, requested_at)
    _suspect_missing(index, status, response, above=None)
    _record_listed(index, status, page.count, requested_at, is_cut=False)


def _suspect_missing(index: WorkflowIndex, status: str, response: Response, above: int | None) -> None:
    """Suspect the tasks that this page of the list should contain, by their ids, and does not."""
    if response.page.older_cursor and not response.ids:
        return  # an empty page does not say how far down it reaches
    lowest = min(response.ids) if response.page.older_cursor else 0
    listed = index.tasks.filter(LISTED, status=status, task_id__gte=lowest).order_by()
    known = (listed if above is None else listed.filter(task_id__lt=above)).values_list("task_id", flat=True)
    if missing := sorted(set(known) - {*response.ids, *response.page.unreadable_ids}):
        mark_suspects(index, status, missing, response.requested_at)


def _end_open_lists(scan: Scan, position: dict[str, Any]) -> Next:
    scan.index.suspect_undocumented()
    scan.index.update(open_as_of=datetime.fromisoformat(position["started_at"]))
    suspects, _ = scan.index.suspects()
    if suspects < MIN_SUSPECTS:
        return _end_cycle(scan, position)
    finished = _next_list(position, position["counted"], LISTS.index(TaskStatus.FINISHED))
    return AT_ONCE, finished | {"suspects": suspects}


def _record_finished_list(scan: Scan, response: Response, position: dict[str, Any]) -> Next:
    """Continue with the list of finished tasks as long as it clears suspects."""
    left, lowest = scan.index.suspects()
    pages, cleared = position["pages"] + 1, position["suspects"] - left
    is_above = min(response.ids, default=lowest + 1) > lowest
    max_pages = FREE_PAGES + position["suspects"] // SUSPECTS_PER_PAGE + max(cleared, 0) // CLEARED_PER_PAGE
    if response.page.older_cursor and left and is_above and pages < max_pages:
        return AT_ONCE, position | _next_page(scan, response) | {"pages": pages}
    return _end_cycle(scan, position)


def _end_cycle(scan: Scan, position: dict[str, Any]) -> Next:
    """Start the next cycle five minutes after this one began, or later, so that the suspects are requested first."""
    index, started_at = scan.index, datetime.fromisoformat(position["started_at"])
    suspects, _ = index.suspects()
    index.update(open_counted=None, **({} if suspects else {"ends_as_of": started_at}))
    if suspects:
        index.scans.filter(kind=Scan.Kind.SUSPECTS, due_at=None).update(due_at=timezone.now())
    return max(started_at + CYCLE_INTERVAL - timezone.now(), min(suspects * CALL_TIME, CYCLE_INTERVAL)), {}


def _record_suspect(scan: Scan, response: Response) -> Next:
    index = scan.index
    if response.gone_id is not None:
        mark_gone(index, response.gone_id, response.requested_at)
    if response.garbled_id is not None:  # the others must not wait for it, and the next cycle suspects it again
        index.tasks.filter(task_id=response.garbled_id).update(is_suspect=False)
        index.count_notes()
    if not index.tasks.filter(is_suspect=True).exists():
        index.update(ends_as_of=F("open_as_of"))
    return (AT_ONCE if index.next_suspect() else None), {}


_RECORD: dict[Scan.Kind, Callable[[Scan, Response], Next]] = {
    Scan.Kind.NEWEST: _record_newest,
    Scan.Kind.LISTS: _record_list,
    Scan.Kind.SUSPECTS: _record_suspect,
    Scan.Kind.BACKFILL: _record_backfill,
}
