"""The first page of the list, which looks again by itself: how often, and what it is told."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from pipelines_portal.api_client import Task
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.tasks.live_page import MOST_SHOWN, beside_shown, ids_in, ranges_of, seen_of
from tests.conftest import PAUSED
from tests.each_case import each_case
from tests.factories import open_workflow
from tests.fake_api import FakeApi, answer, fake_api
from tests.htmx_page import HtmxPage
from tests.samples import task
from tests.tasks.test_list import address, ids

POLL = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}
NOW = datetime.now(UTC)


def poll_of(html: str) -> str:
    """What the page asks when it looks again; "" when it does not."""
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every', html)
    return unescape(found[1]) if found else ""


def forget_stored(page: Any, workflow: Any, shown: Any) -> Any:
    """The page's next look, as if others had changed something at the API before it."""
    outdate(workflow.key, workflow.workflow_id)
    return page.get(address(workflow, poll_of(shown.content.decode())), headers=POLL)


def tasks(*numbers: int, **more: Any) -> list[Task]:
    return [Task.model_validate(task(number) | more) for number in numbers]


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([7], "7"), ([3, 9, 8, 7, 1, 2], "9-7,3-1"), ([10**18, 5], f"{10**18},5")]
)
def test_ids_are_said_as_ranges(numbers: list[int], text: str) -> None:
    assert ranges_of(numbers) == text
    assert ids_in(text) == set(numbers)


@pytest.mark.parametrize("text", ["x", "3-x", "-", "1-9", ",", f"{10**9}-1", f"{MOST_SHOWN + 1}-1", "9" * 500])
def test_nonsense_says_nothing(text: str) -> None:
    assert ids_in(text) == frozenset()


def test_new_ones_wait_and_what_moves_up_from_below_does_not() -> None:
    live = beside_shown(tasks(9, 8, 7, 5, 4), "8-7,5")
    assert ([each.id for each in live.tasks], live.new_count) == ([8, 7, 5, 4], 1)


def test_a_page_of_new_ones_takes_no_row_away_that_may_still_be_there() -> None:
    live = beside_shown(tasks(9, 8), "3-1", has_older=True)
    assert live.is_behind and live.new_count == 2
    assert not beside_shown(tasks(9, 8), "3-1").is_behind
    assert not beside_shown(tasks(2, 1), "9-8", has_older=True).is_behind


@pytest.mark.parametrize("shown", ["", "nonsense", "3-1"])
def test_without_anything_that_stays_all_are_shown(shown: str) -> None:
    live = beside_shown(tasks(9, 8), shown)
    assert ([each.id for each in live.tasks], live.new_count) == ([9, 8], 0)


def test_the_digest_changes_with_whatever_is_shown() -> None:
    pages = [tasks(2, 1), tasks(2), tasks(2, 1, status="failed"), tasks(2, 1, updated_at="2026-03-30T13:00:00Z")]
    pages.append(tasks(2, 1, node_summary={"total": 5, "finished": 5}))
    assert len({seen_of(beside_shown(page, "")) for page in pages}) == len(pages)
    assert seen_of(beside_shown(tasks(2, 1), "1")) != seen_of(beside_shown(tasks(1), ""))


def test_nothing_new_is_204_and_something_is_the_list(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """S103: on a real API."""
    workflow, (old,) = open_workflow(saved_key, PAUSED), api.create(1, PAUSED)
    shown = page.get(address(workflow))
    same = forget_stored(page, workflow, shown)
    assert (same.status_code, same.content) == (204, b"")
    api.set_status(task_ids=[old], status="failed")
    changed = forget_stored(page, workflow, shown)
    assert changed.status_code == 200
    assert 'data-status="failed"' in changed.content.decode().split(f'id="t{old}"')[1].split("</tr>")[0]
    assert forget_stored(page, workflow, changed).status_code == 204


def test_new_tasks_are_announced_until_they_are_asked_for(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    api.create(60, PAUSED)
    shown = page.get(address(workflow))
    before = ids(shown.content.decode())
    api.create(2, PAUSED)
    polled = forget_stored(page, workflow, shown)
    api.create(1, PAUSED)
    again = forget_stored(page, workflow, polled)
    assert "2 new tasks" in " ".join(polled.content.decode().split())
    assert "3 new tasks" in " ".join(again.content.decode().split())
    assert ids(again.content.decode()) == before[:47]
    asked_for = page.get(address(workflow), headers={"HX-Request": "true", "HX-Target": "task-page"})
    assert ids(asked_for.content.decode())[3:] == before[:47]
    assert "new task" not in asked_for.content.decode().split('id="announce"')[1].split("</div>")[0]


@pytest.mark.parametrize("query", ["", "?status=quarantined"])
def test_an_empty_list_shows_the_first_task(page: Any, saved_key: SavedKey, api: FakeApi, query: str) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    shown = HtmxPage(page, address(workflow, query))
    assert "No tasks" in shown.find("#task-page").text
    [number] = api.create(1, PAUSED)
    api.set_status([number], "quarantined")
    outdate(workflow.key, workflow.workflow_id)
    shown.press(shown.find("#task-page"))
    assert shown.find(f"#t{number}")
    shown.assert_as_loaded("#task-page")


def test_when_a_batch_fills_the_page_the_rows_on_show_stay(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    api.create(1, PAUSED)
    shown = page.get(address(workflow))
    api.create(60, PAUSED)
    polled = forget_stored(page, workflow, shown)
    words = " ".join(polled.content.decode().split())
    assert polled["HX-Reswap"] == "none" and "50+ new tasks" in words and "<tr" not in words
    asked_for = page.get(address(workflow), headers={"HX-Request": "true", "HX-Target": "task-page"})
    assert len(ids(asked_for.content.decode())) == 50


@each_case(
    ("found", "seconds"),
    [
        ([], 30),
        ([task(1, "finished"), task(2, "failed")], 30),
        ([task(1, "paused")], 15),
        ([task(1, "in_progress")], 15),
        ([task(1, "in_progress") | {"updated_at": NOW.isoformat()}], 5),
        ([task(1, "in_progress") | {"updated_at": (NOW - timedelta(minutes=61)).isoformat()}], 15),
        ([task(1, "pending"), task(2, "finished")], 5),
    ],
)
def test_the_first_page_always_looks_again(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, found: list[dict[str, Any]], seconds: int
) -> None:
    scripted_api.script = [answer(200, {"tasks": found, "next_cursor": None, "has_more": False})]
    html = page.get(address(open_workflow(saved_key))).content.decode()
    assert f'hx-trigger="every {seconds}s, look"' in html
    assert "Live" in html


def test_a_later_page_looks_again_only_while_something_is_unfinished(
    page: Any, saved_key: SavedKey, settings: Any
) -> None:
    workflow = open_workflow(saved_key)
    for status, looks in [("finished", False), ("escalated", True)]:
        outdate(workflow.key, workflow.workflow_id)
        with fake_api(answer(200, {"tasks": [task(1, status)], "next_cursor": None, "has_more": False})) as faulty:
            settings.PIPELINES_API_URL = faulty.url
            html = page.get(address(workflow, "?cursor=abc")).content.decode()
        assert bool(poll_of(html)) is looks
        assert ('class="when-live"' in html) is looks
        assert "shown=" not in poll_of(html)


@pytest.mark.parametrize("query", ["?seen=nonsense", "?shown=nonsense", "?shown=1-9999999999", "?seen=&shown=5-9"])
def test_nonsense_in_what_is_seen_shows_all(page: Any, saved_key: SavedKey, api: FakeApi, query: str) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    newest = api.create(2, PAUSED)
    answered = page.get(address(workflow, query), headers=POLL)
    assert answered.status_code == 200
    assert ids(answered.content.decode())[:2] == newest[::-1]


def test_a_whole_page_is_never_204(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """A reload of what a poll asked for, and a click."""
    workflow = open_workflow(saved_key, PAUSED)
    api.create(1, PAUSED)
    query = poll_of(page.get(address(workflow)).content.decode())
    assert page.get(address(workflow, query)).status_code == 200
    clicked = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "older"}
    assert page.get(address(workflow, query), headers=clicked).status_code == 200


@each_case(
    ("status", "minutes", "is_moving"),
    [("in_progress", 5, True), ("in_progress", 61, False), ("failed", 5, False), ("paused", 5, False)],
)
def test_a_bar_moves_only_where_the_task_itself_does(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, status: str, minutes: int, is_moving: bool
) -> None:
    """In the list and on its page. A cell in progress of one that stands takes the task's colour."""
    found = task(1, status) | {"updated_at": (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()}
    scripted_api.script = [answer(200, {"tasks": [found], "next_cursor": None, "has_more": False})]
    workflow = open_workflow(saved_key)
    html = page.get(address(workflow)).content.decode()
    scripted_api.script = [answer(200, found)]
    detail = page.get(address(workflow, "1/")).content.decode()
    moving = " moving" if is_moving else ""
    assert f'class="nodes{moving}" data-status="{status}"' in html
    assert f'class="nodes large{moving}" data-status="{status}"' in detail
