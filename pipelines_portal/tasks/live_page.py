"""A first page that reads itself anew: rows that somebody looks at stay where they are, and new ones are announced.

What the page shows is said in the address it polls, so that no process has to remember who looks at what.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from pipelines_portal.api_client import Task, TaskStatus
from pipelines_portal.core.looking_again import digest_of
from pipelines_portal.core.parameters import number_in

# A task in progress that was not touched for so long stands, whatever its status says.
MOVED_WITHIN = timedelta(hours=1)
HEARD_OF_WITHIN = timedelta(minutes=15)
WHILE_MOVING, WHILE_UNFINISHED, WHILE_STILL = 5, 15, 30
# No page shows more.
MOST_SHOWN = 1000
_TASKS = TypeAdapter(list[Task])


@dataclass(frozen=True)
class LivePage:
    """`tasks` are to be shown; `new_count` more are there, and wait above them until they are asked for."""

    tasks: list[Task]
    new_count: int = 0
    # So many new ones came that none of the rows on show is on the page: those stay, and are told to be old.
    is_behind: bool = False

    @property
    def shown(self) -> str:
        return ranges_of(task.id for task in self.tasks)


def beside_shown(tasks: list[Task], shown: str, *, has_older: bool = False) -> LivePage:
    """All of `tasks`, when what is shown is not said, is nothing, or has left the list."""
    ids = ids_in(shown)
    new = {task.id for task in tasks if task.id not in ids and task.id > min(ids)} if ids else set()
    kept = [task for task in tasks if task.id not in new]
    if kept:
        return LivePage(kept, len(new))
    return LivePage(tasks, len(new), is_behind=True) if has_older and new else LivePage(tasks)


def moves(task: Task, now: datetime) -> bool:
    """Whether it is on its way just now, by what it says itself: its nodes may be in progress while it stands."""
    return task.status == TaskStatus.IN_PROGRESS and now - task.updated_at < MOVED_WITHIN


def lately_created(tasks: list[Task], now: datetime) -> list[int]:
    """Those that may still be heard of: a task is at the API before it is written down here who made it."""
    return [task.id for task in tasks if abs(now - task.created_at) < HEARD_OF_WITHIN]


def seconds_between_looks(tasks: list[Task], now: datetime) -> int:
    if any(moves(task, now) or task.status == TaskStatus.PENDING for task in tasks):
        return WHILE_MOVING
    return WHILE_STILL if not any(task.is_open for task in tasks) else WHILE_UNFINISHED


def seen_of(page: LivePage, *more: object) -> str:
    """Changes with whatever the page shows."""
    return digest_of(_TASKS.dump_json(page.tasks), page.new_count, more)


def ranges_of(ids: Iterable[int]) -> str:
    """Tasks made one after the other have ids in a row: "412-400,398"."""
    ranges: list[list[int]] = []
    for number in sorted(ids, reverse=True):
        if ranges and ranges[-1][1] == number + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(f"{first}-{last}" if first > last else str(first) for first, last in ranges)


def ids_in(ranges: str) -> frozenset[int]:
    """None of them, for nonsense."""
    found: set[int] = set()
    for part in ranges.split(",") if ranges else ():
        first, _, last = part.partition("-")
        high, low = number_in(first), number_in(last or first)
        if high is None or low is None or not 0 <= high - low < MOST_SHOWN - len(found):
            return frozenset()
        found.update(range(low, high + 1))
    return frozenset(found)
