"""Failed, escalated and quarantined tasks as one list."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import InvalidRequest, Task, TaskPage
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.tasks.merged_list import ListPosition, merged_page
from tests.conftest import PAUSED
from tests.factories import make_index, make_task, open_workflow
from tests.fake_api import FakeApi, answer
from tests.pages import text_of
from tests.samples import task
from tests.tasks.test_list import address, ids, link


def pages_of(numbers: dict[str, list[int]], size: int) -> Any:
    """An API of these tasks by status: its cursors are the last id of the page before."""

    def read(status: str, cursor: str) -> TaskPage:
        left = [number for number in numbers.get(status, []) if not cursor or number < int(cursor)]
        tasks = [Task.model_validate(task(number, status)) for number in left[:size]]
        return TaskPage(tasks=tasks, next_cursor=str(left[size - 1]) if len(left) > size else None)

    return read


@pytest.mark.parametrize("size", [1, 3, 7, 50])
@pytest.mark.parametrize(
    "numbers",
    [
        {"failed": list(range(90, 0, -3)), "escalated": list(range(89, 0, -3)), "quarantined": list(range(88, 0, -3))},
        {"failed": list(range(99, 40, -1)), "escalated": list(range(40, 0, -1))},
        {"escalated": [7]},
        {},
    ],
)
def test_page_by_page_each_is_there_once_and_newest_first(numbers: dict[str, list[int]], size: int) -> None:
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = merged_page(cursor, size, pages_of(numbers, size))
        assert len(page.tasks) <= size
        seen += [each.id for each in page.tasks]
        cursor = page.older_cursor
    assert seen == sorted((number for listed in numbers.values() for number in listed), reverse=True)


def test_one_that_changed_its_status_between_two_reads_is_there_once() -> None:
    page = merged_page("", 5, pages_of({"failed": [3, 2], "escalated": [3]}, 5))
    assert [each.id for each in page.tasks] == [3, 2]


def test_a_page_without_a_task_hides_none_behind_it() -> None:
    """It says that more is there: what that is decides what comes next, however many such pages there are."""
    full = pages_of({"failed": [9, 8, 5], "escalated": [7, 6, 1]}, 2)

    def read(status: str, cursor: str) -> TaskPage:
        if status == "failed" and not cursor.startswith("behind"):
            return TaskPage(tasks=[], next_cursor=f"behind{cursor}")
        return full(status, cursor.removeprefix("behind"))

    assert _walked(read) == [9, 8, 7, 6, 5, 1]

    def read_empty(status: str, cursor: str) -> TaskPage:
        if status == "failed" and len(cursor) < 12:
            return TaskPage(tasks=[], next_cursor=f"{cursor}x")
        return full(status, cursor.strip("x"))

    assert _walked(read_empty) == [9, 8, 7, 6, 5, 1]


def _walked(read: Any) -> list[int]:
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = merged_page(cursor, 2, read)
        seen += [each.id for each in page.tasks]
        cursor = page.older_cursor
    return seen


def test_a_page_in_no_order_loses_nothing() -> None:
    numbers = {"failed": [8, 9], "escalated": [7, 3]}

    def read(status: str, cursor: str) -> TaskPage:
        page = pages_of(numbers, 50)(status, "")
        if status == "failed":
            page = pages_of({"failed": [8, 9] if not cursor else [2, 4]}, 50)(status, "")
            return page.model_copy(update={"next_cursor": None if cursor else "4"})
        return page

    assert _walked(read) == [9, 8, 7, 4, 3, 2]


@pytest.mark.parametrize(
    "value", [None, [], ["", ""], ["", "", "", "x"], ["", "", 5, 5], ["", "", "", 1, 2], {"a": 1}, ["", "", "", True]]
)
def test_what_no_page_said_is_no_place(value: Any) -> None:
    with pytest.raises(InvalidRequest):
        ListPosition.of(base64.urlsafe_b64encode(json.dumps(value).encode()).decode())


@pytest.mark.parametrize("cursor", ["x", "%%%", "é", "W10", "[" * 400])
def test_nonsense_is_no_place(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        ListPosition.of(cursor)


def test_on_the_real_api_with_its_cursors(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """S98, S100, S104."""
    workflow = open_workflow(saved_key, PAUSED)
    made = api.create(60, PAUSED)
    for number, status in enumerate(NEEDS_ATTENTION):
        api.set_status(task_ids=made[number::3], status=status)
    first = page.get(address(workflow, "?status=attention&limit=25")).content.decode()
    second = page.get(address(workflow, link(first, "older"))).content.decode()
    third = page.get(address(workflow, link(second, "older"))).content.decode()
    walked = ids(first) + ids(second) + ids(third)
    assert walked[:60] == made[::-1][: len(walked[:60])]
    assert len(walked) >= 60 or link(third, "older")
    assert ids(page.get(address(workflow, link(third, "newer"))).content.decode()) == ids(second)
    assert "from=status%3Dattention" in first


def test_a_bad_cursor_leads_to_its_first_page(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    answered = page.get(address(workflow, "?status=attention&cursor=nonsense"))
    assert answered["Location"] == address(workflow, "?status=attention")


def test_the_page_is_three_calls_and_its_failure_is_one_page(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    workflow = open_workflow(saved_key)
    none = answer(200, {"tasks": [], "next_cursor": None, "has_more": False})
    scripted_api.script = [none]
    html = page.get(address(workflow, "?status=attention")).content.decode()
    assert len(scripted_api.requests) == 3
    assert "No tasks need attention" in html


@pytest.mark.parametrize("query", ["?status=attention", "?status=failed"])
def test_a_list_of_one_page_corrects_the_counts_of_all_pages(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, query: str
) -> None:
    """The counts were read four minutes ago. Tasks 1 and 2 are muted, and task 2 is no longer failed, nor is task 3."""
    workflow, then = open_workflow(saved_key), timezone.now() - timedelta(minutes=4)
    index = make_index(workflow, [make_task(number, "failed", then) for number in (1, 2, 3)], open_as_of=then)
    TaskNote.objects.mute(workflow, {1: "failed", 2: "failed"}, "known", saved_key.owner)
    failed = [task(6, "failed"), task(5, "failed"), task(4, "failed"), task(1, "failed")]
    scripted_api.routes["status=failed"] = answer(200, {"tasks": failed, "next_cursor": None})
    scripted_api.routes["GET"] = answer(200, {"tasks": [], "next_cursor": None})
    html = text_of(page.get(address(workflow, query)))
    assert ids(html) == ([6, 5, 4] if "attention" in query else [6, 5, 4, 1])
    assert 'Needs attention</span> <span class="count">3<' in html, "in the sidebar"
    assert "Needs attention <b>3</b>" in html, "above the list"
    assert index.status_counts.get(status="failed").listed == 4
    assert "3 tasks" in re.sub(r"<[^>]+>|\s+", " ", text_of(page.get("/"))).replace("  ", " ")


def test_a_whole_list_of_all_tasks_corrects_the_counts_too(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    """The chip of a status, the sidebar and the rows are one number."""
    workflow, then = open_workflow(saved_key), timezone.now() - timedelta(minutes=4)
    index = make_index(workflow, [make_task(1, "failed", then), make_task(2, "pending", then)], open_as_of=then)
    listed = [task(4, "quarantined"), task(3, "failed"), task(2, "finished"), task(1, "failed")]
    scripted_api.routes["GET"] = answer(200, {"tasks": listed, "next_cursor": None})
    html = text_of(page.get(address(workflow)))
    assert 'Needs attention</span> <span class="count">3<' in html, "in the sidebar"
    assert "Needs attention <b>3</b>" in html, "above the list"
    counts = dict(index.status_counts.values_list("status", "listed"))
    assert {status: number for status, number in counts.items() if number} == {"failed": 2, "quarantined": 1}


def test_a_refresh_brings_the_numbers_of_the_sidebar(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    """Else the page would keep the numbers of when it was opened, beside newer ones."""
    workflow, then = open_workflow(saved_key), timezone.now() - timedelta(minutes=4)
    make_index(workflow, [make_task(1, "failed", then)], open_as_of=then)
    scripted_api.routes["GET"] = answer(200, {"tasks": [task(2, "failed"), task(1, "failed")], "next_cursor": None})
    headers = {"HX-Request": "true", "HX-Target": "task-page"}
    html = text_of(page.get(address(workflow, "?status=failed"), headers=headers))
    assert 'Needs attention</span> <span class="count">2<' in html
    assert 'hx-swap-oob="morph"' in html
    whole = text_of(page.get(address(workflow, "?status=failed")))
    assert whole.count('id="rail-lists"') == 1


def test_a_list_of_several_pages_corrects_nothing(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow, then = open_workflow(saved_key), timezone.now() - timedelta(minutes=4)
    index = make_index(workflow, [make_task(1, "failed", then)], open_as_of=then)
    more = {"tasks": [task(4, "failed"), task(3, "failed")], "next_cursor": "more"}
    scripted_api.routes["GET"] = answer(200, more)
    page.get(address(workflow, "?status=failed"))
    assert index.status_counts.get(status="failed").listed == 1
