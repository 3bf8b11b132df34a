"""What a list shows, in words: the statuses with their numbers of tasks, the conditions, and the title of the page."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipelines_portal.api_client import Task, TaskPage, TaskStatus
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.task_index.counts import TaskCounts
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.tasks.conditions import CREATED, ME, NOT, OPEN, Conditions
from pipelines_portal.tasks.merged_list import ATTENTION
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.workflows.fields.reading.days import last_days

WORDS = {"": "All", ATTENTION: "Needs attention", OPEN: "Open"} | {status.value: status.label for status in TaskStatus}
Numbers = dict[str, str]


class Chip(NamedTuple):
    status: str
    word: str
    number: str
    query: str
    is_current: bool


class ConditionChip(NamedTuple):
    """A condition in the query box. `without` is the query of the list without it."""

    name: str
    value: str
    without: str


class View(NamedTuple):
    word: str
    query: str
    is_current: bool


@lru_cache(maxsize=500)
def query_of(conditions: Conditions) -> str:
    return Pagination().query(**conditions.as_query())


def all_tasks_of(conditions: Conditions, *, has_first_view: bool = False) -> str:
    """Return the query of the list without conditions. It says so if another list would open without a query."""
    return query_of(Conditions(limit=conditions.limit, view="0" if conditions.view or has_first_view else ""))


def chips(conditions: Conditions, numbers: Numbers, *, has_first_view: bool = False) -> tuple[Chip, ...]:
    """Return the statuses. Each has the other conditions, too, and the first is the list of all tasks."""
    everything = all_tasks_of(conditions, has_first_view=has_first_view)
    return tuple(
        Chip(
            status, word, numbers.get(status, ""),
            query_of(conditions.but(status=status, stuck="")) if status else everything,
            status == conditions.status and (bool(status) or conditions.is_plain),
        )
        for status, word in WORDS.items()
        if status != OPEN
    )  # fmt: skip


def views(conditions: Conditions, stuck_hours: int) -> tuple[View, ...]:
    """Return the lists that people want most, beside those of a status."""
    wanted = [
        ("Mine today", Conditions(sent=ME, day="today", limit=conditions.limit)),
        (f"Stuck for {stuck_hours} h", Conditions(stuck=f"{stuck_hours}h", limit=conditions.limit)),
    ]
    return tuple(View(word, query_of(view), view == conditions.but(view="")) for word, view in wanted)


def condition_chips(conditions: Conditions, import_name: str = "", group_name: str = "") -> list[ConditionChip]:
    shown = {
        "workflow": conditions.workflow, "import": import_name or conditions.import_, "status": conditions.status,
        "stuck": conditions.stuck, "group": group_name or conditions.group,
        "sent": conditions.sent, CREATED: _day_words(conditions.day),
    }  # fmt: skip
    names = {"import": "import_", CREATED: "day"}
    own = [
        ConditionChip(name, value, query_of(conditions.but(**{names.get(name, name): ""})))
        for name, value in shown.items()
        if value
    ]
    return own + [
        ConditionChip(
            f"{NOT if extra.is_not else ''}{extra.name}",
            _day_words(extra.value) if extra.name == CREATED else extra.value,
            query_of(conditions.but(where=tuple(other for other in conditions.where if other != extra))),
        )
        for extra in conditions.where
    ]


def _day_words(text: str) -> str:
    """Return "7 days" for "7d", and any other text as it is."""
    days = last_days(text)
    return f"{days} day{'s' if days > 1 else ''}" if days else text


@dataclass(frozen=True)
class QueryBox:
    """The query box: its conditions and its words. `carried` is what its form posts beside the words.

    Conditions with errors stay among the words, to be corrected.
    """

    chips: list[ConditionChip]
    words: str
    carried: list[tuple[str, str | int]]
    without_words: str
    errors: tuple[str, ...] = ()


def query_box(conditions: Conditions, import_name: str = "", group_name: str = "") -> QueryBox:
    """Return the box of a list."""
    carried = [(name, value) for name, value in conditions.as_pairs() if name != "q"]
    chips_shown = condition_chips(conditions, import_name, group_name)
    words = f"{conditions.words} {conditions.left_out}".strip()
    return QueryBox(chips_shown, words, carried, query_of(conditions.but(words="")), conditions.errors)


def known_numbers(
    page: TaskPage, conditions: Conditions, notes: dict[int, TaskNote], *, is_first: bool, counts: TaskCounts | None
) -> Numbers:
    """Return the counts of the index; without them, what the page itself shows, such as "50+".

    Finished tasks, all tasks, and mistakes are not counted.
    """
    if counts:
        return counted_numbers(counts)
    if not is_first or not page.tasks or conditions.status == TaskStatus.FINISHED:
        return {}
    tasks = [task for task in page.tasks if task.id not in notes or not notes[task.id].is_mistake]
    if conditions.status:
        number = len(tasks) + len(page.unreadable_ids)
        return {conditions.status: f"{number}{'+' if page.older_cursor else ''}"} if number else {}
    return {} if page.older_cursor or page.unreadable_ids else _counted(tasks, notes)


def counted_numbers(counts: TaskCounts) -> Numbers:
    numbers = {**counts.by_status, ATTENTION: counts.attention}
    cut = counts.cut | ({ATTENTION} if counts.cut else set())
    return {status: f"{number:,}{'+' if status in cut else ''}" for status, number in numbers.items() if number}


def _counted(tasks: list[Task], notes: dict[int, TaskNote]) -> Numbers:
    """Count a list that fits on one page."""
    statuses = [task.status for task in tasks]
    numbers = {status.value: statuses.count(status) for status in TaskStatus if status is not TaskStatus.FINISHED}
    numbers[ATTENTION] = sum(task.status in NEEDS_ATTENTION and task.id not in notes for task in tasks)
    return {status: str(number) for status, number in numbers.items() if number}


def page_title(conditions: Conditions, pagination: Pagination, numbers: Numbers) -> str:
    """Return "(3 need attention) Tasks, page 2", or "(12) Paused": the first word tells tabs apart."""
    listed, attention = numbers.get(conditions.status, ""), numbers.get(ATTENTION, "")
    if listed and conditions.is_plain:
        count = f"({listed}) "
    else:
        count = f"({attention} {'needs' if attention == '1' else 'need'} attention) " if attention else ""
    words = WORDS[conditions.status] if conditions.status else "Tasks"
    if conditions.words:
        words = f"“{conditions.words}”"
    return f"{count}{words}{_page(pagination)}"


def _page(pagination: Pagination) -> str:
    if not pagination.cursor:
        return ""
    return f", page {len(pagination.newer) + 1}" if pagination.newer[:1] == ("",) else ", a later page"
