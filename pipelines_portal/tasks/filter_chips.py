"""The filters above a list with their numbers of tasks, and the title of the page."""

from functools import lru_cache
from typing import NamedTuple

from pipelines_portal.api_client import Task, TaskPage, TaskStatus
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.task_index.counts import Counts
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.tasks.attention import ATTENTION
from pipelines_portal.tasks.forms import Filters
from pipelines_portal.tasks.pagination import Pagination

WORDS = {"": "All", ATTENTION: "Needs attention"} | {status.value: status.label for status in TaskStatus}
Numbers = dict[str, str]


class Chip(NamedTuple):
    status: str
    word: str
    number: str
    query: str
    is_current: bool


def chips(filters: Filters, numbers: Numbers) -> tuple[Chip, ...]:
    return tuple(
        Chip(status, word, numbers.get(status, ""), _query(status, filters["limit"]), status == filters["status"])
        for status, word in WORDS.items()
    )


@lru_cache(maxsize=100)
def _query(status: str, limit: int) -> str:
    return Pagination().query(status=status, limit=limit)


def known_numbers(
    page: TaskPage, filters: Filters, notes: dict[int, TaskNote], *, is_first: bool, counts: Counts | None
) -> Numbers:
    """Return the counts of the index; without them, what the page itself shows, such as "50+".

    Finished tasks, all tasks, and mistakes are not counted.
    """
    if counts:
        numbers = {**counts.by_status, ATTENTION: counts.attention}
        cut = counts.cut | ({ATTENTION} if counts.cut else set())
        return {status: f"{number:,}{'+' if status in cut else ''}" for status, number in numbers.items() if number}
    if not is_first or not page.tasks or filters["status"] == TaskStatus.FINISHED:
        return {}
    tasks = [task for task in page.tasks if task.id not in notes or not notes[task.id].is_mistake]
    if filters["status"]:
        return {filters["status"]: f"{len(tasks)}{'+' if page.older_cursor else ''}"} if tasks else {}
    return {} if page.older_cursor else _counted(tasks, notes)


def _counted(tasks: list[Task], notes: dict[int, TaskNote]) -> Numbers:
    """Count a list that fits on one page."""
    statuses = [task.status for task in tasks]
    numbers = {status.value: statuses.count(status) for status in TaskStatus if status is not TaskStatus.FINISHED}
    numbers[ATTENTION] = sum(task.status in NEEDS_ATTENTION and task.id not in notes for task in tasks)
    return {status: str(number) for status, number in numbers.items() if number}


def page_title(filters: Filters, pagination: Pagination, numbers: Numbers) -> str:
    """Return "(3 failed) Paused, page 2": the first word tells tabs apart."""
    failed = f"({numbers['failed']} failed) " if "failed" in numbers else ""
    return f"{failed}{WORDS[filters['status']] if filters['status'] else 'Tasks'}{_page(pagination)}"


def _page(pagination: Pagination) -> str:
    if not pagination.cursor:
        return ""
    return f", page {len(pagination.newer) + 1}" if pagination.newer[:1] == ("",) else ", a later page"
