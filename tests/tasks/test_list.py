"""The list of a workflow's tasks."""

import re
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import NodeSummary
from pipelines_portal.keys.models import PooledAnswer, SavedKey
from pipelines_portal.web.templatetags.portal import node_bar
from tests.conftest import LONG, NO_NODES, PAUSED
from tests.each_case import each_case
from tests.factories import open_workflow
from tests.fake_api import FakeApi, Reply, Request, answer, error, task_list
from tests.pages import text_of
from tests.samples import task


def address(workflow: Any, query: str = "") -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/tasks/{query}"


def ids(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="t(\d+)"', html)]


def link(html: str, name: str) -> str | None:
    found = re.search(rf'<a class="btn" id="{name}" rel="\w+" href="([^"]+)"', html)
    return found[1].replace("&amp;", "&") if found else None


def open_with_tasks(saved_key: SavedKey, api: FakeApi) -> tuple[Any, list[int]]:
    """Return a workflow with 70 tasks and their ids, newest first."""
    return open_workflow(saved_key, PAUSED), list(reversed(api.create(70, PAUSED)))


def test_newest_first_with_status_and_nodes_in_words(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """S7, S95, S103, S182: the tasks just created are on top."""
    workflow, newest = open_with_tasks(saved_key, api)
    html = page.get(address(workflow)).content.decode()
    assert ids(html) == newest[:50]
    assert "0 of 5 steps finished, 1 in progress, 4 pending" in html
    assert 'data-status="paused"' in html


@pytest.mark.parametrize(
    ("status", "in_progress", "words"),
    [
        ("failed", 1, "2 of 4 steps finished, 1 failed, 1 pending"),
        ("in_progress", 1, "2 of 4 steps finished, 1 in progress, 1 pending"),
        ("failed", 0, "2 of 4 steps finished, 0 in progress, 2 pending"),
    ],
)
def test_a_step_that_stopped_is_not_called_in_progress(status: str, in_progress: int, words: str) -> None:
    summary = NodeSummary(total=4, finished=2, in_progress=in_progress, pending=2 - in_progress)
    assert f'aria-label="{words}"' in node_bar(summary, status)


def test_older_and_newer_walk_the_whole_list_and_back(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """S97, S98: plain links, with the way back in the address."""
    workflow, newest = open_with_tasks(saved_key, api)
    first = page.get(address(workflow, "?limit=25")).content.decode()
    second = page.get(address(workflow, link(first, "older"))).content.decode()
    third = page.get(address(workflow, link(second, "older"))).content.decode()
    assert ids(first) + ids(second) + ids(third)[:20] == newest
    assert link(first, "newer") is None
    back = page.get(address(workflow, link(third, "newer"))).content.decode()
    assert ids(back) == ids(second)
    assert ids(page.get(address(workflow, link(back, "newer"))).content.decode()) == ids(first)


def test_htmx_gets_the_part_and_reload_the_whole_page(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, newest = open_with_tasks(saved_key, api)
    part = page.get(address(workflow), headers={"HX-Request": "true", "HX-Target": "task-page"})
    whole = page.get(address(workflow))
    restored = page.get(
        address(workflow),
        headers={"HX-Request": "true", "HX-Target": "task-page", "HX-History-Restore-Request": "true"},
    )
    assert "<html" not in part.content.decode()
    assert ids(part.content.decode()) == ids(whole.content.decode()) == newest[:50]
    assert "<html" in restored.content.decode()
    assert "HX-Request" in part["Vary"]


@each_case("target", ["main", "page-notice", "task-page#x", ""])
def test_only_the_parts_of_this_page_are_given(page: Any, saved_key: SavedKey, api: FakeApi, target: str) -> None:
    workflow, _ = open_with_tasks(saved_key, api)
    html = page.get(address(workflow), headers={"HX-Request": "true", "HX-Target": target}).content.decode()
    assert "<html" in html


def test_filter_and_page_size_stay_on_the_way(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """S99, S100."""
    workflow, newest = open_with_tasks(saved_key, api)
    html = page.get(address(workflow, "?status=paused&limit=25")).content.decode()
    assert ids(html) == newest[:25]
    assert "status=paused" in link(html, "older")
    assert "limit=25" in link(html, "older")
    assert ids(page.get(address(workflow, "?status=finished")).content.decode()) == []


@each_case("query", ["?status=nonsense", "?limit=7", "?limit=abc", "?newer=x&newer=y"])
def test_nonsense_in_the_address_counts_as_not_said(page: Any, saved_key: SavedKey, api: FakeApi, query: str) -> None:
    workflow, newest = open_with_tasks(saved_key, api)
    assert ids(page.get(address(workflow, query)).content.decode()) == newest[:50]


@each_case("cursor", ["nonsense", "eyJsYXN0X2lkIjogLTF9", "%D9%A3", "x" * 500])
def test_a_bad_cursor_leads_to_the_first_page_with_a_notice(
    page: Any, saved_key: SavedKey, api: FakeApi, cursor: str
) -> None:
    """S77, S106."""
    workflow, newest = open_with_tasks(saved_key, api)
    html = page.get(address(workflow, f"?cursor={cursor}&limit=25"), follow=True).content.decode()
    assert ids(html) == newest[:25]
    assert "That page is gone" in html
    by_htmx = page.get(address(workflow, f"?cursor={cursor}"), headers={"HX-Request": "true", "HX-Target": "task-page"})
    assert by_htmx["HX-Redirect"] == address(workflow, "?")


def test_more_than_twelve_nodes_are_a_proportional_bar(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    api.create(1, LONG)
    html = page.get(address(open_workflow(saved_key, LONG))).content.decode()
    assert 'viewBox="0 0 14 1"' in html
    assert "0 of 14 steps finished" in html


def test_a_task_without_nodes_says_so(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    api.create(1, NO_NODES)
    assert "No steps" in page.get(address(open_workflow(saved_key, NO_NODES))).content.decode()


def test_a_page_costs_one_call_to_the_api(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    page.get(address(open_workflow(saved_key)))
    assert len(api.requests) == 1


def test_a_failed_refresh_keeps_what_is_on_show(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    scripted_api.script = [error(503, "service_unavailable", "Down")]
    note = page.get(address(workflow), headers={"HX-Request": "true", "HX-Target": "task-page"})
    assert note.status_code == 503
    assert note["HX-Retarget"] == "#page-notice"
    assert "<html" not in note.content.decode()


ODD: dict[str, tuple[list[dict[str, Any]], str]] = {
    "one": ([task(8) | {"node_summary": None}], "Task 8 couldn’t be read and isn’t shown."),
    "without an ID": ([{"status": "failed"}], "1 task couldn’t be read and isn’t shown."),
    "two": (
        [task(8) | {"updated_at": "2026-03-30T12:00:00"}, task(6) | {"status": ""}],
        "2 tasks couldn’t be read and aren’t shown: 8, 6.",
    ),
    "two, one of them without an ID": (
        [task(8) | {"updated_at": "soon"}, {}], "2 tasks couldn’t be read and aren’t shown: 8.",
    ),
    "many": (
        [task(100 + n) | {"created_at": None} for n in range(11)],
        "11 tasks couldn’t be read and aren’t shown: 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, ….",
    ),
}  # fmt: skip


@each_case(
    ("odd", "sentence", "status"),
    [*((*each, "") for each in ODD.values()), *((*ODD["two"], status) for status in ("failed", "attention"))],
)
def test_tasks_that_cannot_be_read_are_named_beside_the_others(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, odd: list[dict[str, Any]], sentence: str, status: str
) -> None:
    workflow = open_workflow(saved_key)
    scripted_api.routes = {
        route: task_list(task(9, "failed"), *odd, task(5, "failed")) if listed else task_list()
        for route, listed in (("status=failed", True), ("status=", False), ("/tasks", True))
    }
    html = text_of(page.get(address(workflow, f"?status={status}" if status else "")))
    assert ids(html) == [9, 5]
    assert sentence in html


def test_tasks_that_cannot_be_read_are_counted(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    """Before the index has counts, the page counts what it shows."""
    scripted_api.routes = {"/tasks": task_list(task(9, "failed"), task(8, "failed") | {"created_at": None})}
    workflow = open_workflow(saved_key)
    assert "(2) Failed" in text_of(page.get(address(workflow, "?status=failed")))
    assert "need attention) Tasks" not in text_of(page.get(address(workflow)))


def test_a_slow_list_is_not_followed_by_another_slow_read(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    """The status of the workflow is then read by a refresh of the page, for which nobody waits."""
    workflow = open_workflow(saved_key, checked_at=timezone.now() - timedelta(hours=1))

    def slowly(request: Request) -> Reply:
        sleep(0.6)
        return task_list()

    scripted_api.routes["/tasks?"] = slowly
    scripted_api.routes["/workflows/42 "] = answer(200, {"name": "French", "status": "PAUSED"})
    page.get(address(workflow))
    assert not [one for one in scripted_api.requests if one.target.endswith("/42")]
    PooledAnswer.objects.all().delete()
    page.get(address(workflow, "?seen=x"), headers={"HX-Request": "true", "HX-Trigger": "task-page"})
    workflow.refresh_from_db()
    assert workflow.status == "PAUSED"
