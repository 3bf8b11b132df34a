"""The first page of a list, which refreshes itself: rows stay where they are, and new ones are announced.

The URL that it polls says what the page shows, so that no process has to remember it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from pipelines_portal.api_client import Task, TaskStatus
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import content_digest

# A task in progress that was not touched for so long stands, whatever its status says.
MOVED_WITHIN = timedelta(hours=1)
HEARD_OF_WITHIN = timedelta(minutes=15)
WHILE_MOVING, WHILE_UNFINISHED, WHILE_STILL = 5, 15, 30
# No page shows more.
MOST_SHOWN = 1000
_TASKS = TypeAdapter(list[Task])


@dataclass(frozen=True)
class LivePage:
    """A page to show. `new_count` more tasks wait above it until the person asks for them."""

    tasks: list[Task]
    new_count: int = 0
    # So many new ones came that none of the rows on show is on the page: those stay, and are marked as old.
    is_behind: bool = False

    @property
    def shown(self) -> str:
        return ranges_of(task.id for task in self.tasks)


def beside_shown(tasks: list[Task], shown: str, *, has_older: bool = False) -> LivePage:
    """Keep the rows that are shown. Return all of `tasks` if none of them is in the list any more."""
    ids = ids_in(shown)
    new = {task.id for task in tasks if task.id not in ids and task.id > min(ids)} if ids else set()
    remaining = [task for task in tasks if task.id not in new]
    if remaining:
        return LivePage(remaining, len(new))
    return LivePage(tasks, len(new), is_behind=True) if has_older and new else LivePage(tasks)


def moves(task: Task, now: datetime) -> bool:
    """Return True if the task is being worked on: some stay in progress without moving."""
    return task.status == TaskStatus.IN_PROGRESS and now - task.updated_at < MOVED_WITHIN


def lately_created(tasks: list[Task], now: datetime) -> list[int]:
    """Return tasks so new that their submission may not be recorded yet."""
    return [task.id for task in tasks if abs(now - task.created_at) < HEARD_OF_WITHIN]


def seconds_between_polls(tasks: list[Task], now: datetime) -> int:
    if any(moves(task, now) or task.status == TaskStatus.PENDING for task in tasks):
        return WHILE_MOVING
    return WHILE_STILL if not any(task.is_open for task in tasks) else WHILE_UNFINISHED


def seen_of(page: LivePage, *more: object) -> str:
    """Return a digest of everything that the page shows."""
    return content_digest(_TASKS.dump_json(page.tasks), page.new_count, more)


def ranges_of(ids: Iterable[int]) -> str:
    """Return IDs as ranges, newest first: "412-400,398"."""
    ranges: list[list[int]] = []
    for number in sorted(ids, reverse=True):
        if ranges and ranges[-1][1] == number + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(f"{first}-{last}" if first > last else str(first) for first, last in ranges)


def ids_in(ranges: str) -> frozenset[int]:
    """Return the IDs of the ranges, or none if they are invalid."""
    found: set[int] = set()
    for part in ranges.split(",") if ranges else ():
        first, _, last = part.partition("-")
        high, low = number_in(first), number_in(last or first)
        if high is None or low is None or not 0 <= high - low < MOST_SHOWN - len(found):
            return frozenset()
        found.update(range(low, high + 1))
    return frozenset(found)
