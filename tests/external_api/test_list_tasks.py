"""GET tasks: pages, cursors, filters."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from pipelines_portal.external_api.models import Task, Workflow
from tests.each_case import each_case
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant, make_tasks
from tests.external_api.server import Api

STATUSES = ["pending", "in_progress", "finished", "failed", "paused", "escalated", "quarantined"]


def page(server: Api, tenant: Tenant, workflow: Workflow, **query: Any) -> dict[str, Any]:
    answer = server.get(f"/workflows/{workflow.pk}/tasks", key=tenant.key, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(body: dict[str, Any]) -> list[int]:
    return [task["id"] for task in body["tasks"]]


def cursor_of(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_an_empty_workflow_has_one_empty_page(server: Api, tenant: Tenant) -> None:
    """S7, S102, S104: the response has three keys."""
    assert page(server, tenant, tenant.workflow()) == {"tasks": [], "next_cursor": None, "has_more": False}


def test_a_page_has_the_newest_fifty_tasks(server: Api, tenant: Tenant) -> None:
    """S7, S88, S93, S95, S96, S103: the response has no total."""
    workflow = tenant.workflow()
    made = make_tasks(workflow, 51)
    body = page(server, tenant, workflow)
    assert ids(body) == made[::-1][:50]
    assert set(body) == {"tasks", "next_cursor", "has_more"}
    assert body["has_more"] is True


def test_cursors_lead_through_all_pages(server: Api, tenant: Tenant) -> None:
    """S93, S97, S104: every task is listed once. A full last page has no next cursor."""
    workflow = tenant.workflow()
    made = make_tasks(workflow, 9)
    seen, cursor = [], None
    for _ in range(3):
        body = page(server, tenant, workflow, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += ids(body)
        cursor = body["next_cursor"]
    assert seen == made[::-1]
    assert (cursor, body["has_more"]) == (None, False)


def test_the_cursor_is_base64_of_the_last_id(server: Api, tenant: Tenant) -> None:
    """S105: it is encoded as in the sample of the reference."""
    workflow = tenant.workflow()
    made = make_tasks(workflow, 3)
    body = page(server, tenant, workflow, limit=2)
    assert body["next_cursor"] == cursor_of({"last_id": made[1]})
    assert cursor_of({"last_id": 1001}) == "eyJsYXN0X2lkIjogMTAwMX0="


def test_new_tasks_do_not_shift_the_next_page(server: Api, tenant: Tenant) -> None:
    """S97: pages depend on ids, not on positions."""
    workflow = tenant.workflow()
    made = make_tasks(workflow, 4)
    first = page(server, tenant, workflow, limit=2)
    make_tasks(workflow, 3)
    assert ids(page(server, tenant, workflow, limit=2, cursor=first["next_cursor"])) == made[1::-1]


@pytest.mark.parametrize("limit", [1, 200])
def test_the_smallest_and_the_largest_limit(server: Api, tenant: Tenant, limit: int) -> None:
    """S94: 1 and 200 are allowed."""
    workflow = tenant.workflow()
    make_tasks(workflow, 201)
    assert len(page(server, tenant, workflow, limit=limit)["tasks"]) == limit


@each_case("limit", ["0", "201", "-1", "x", "", "1.0", "1e2", "9" * 3000, " 7", "1_0"])
def test_a_limit_out_of_bounds_is_422(server: Api, tenant: Tenant, limit: str) -> None:
    """S83, S94: an integer from 1 to 200."""
    answer = server.get(f"/workflows/{tenant.workflow().pk}/tasks?limit={quote(limit)}", key=tenant.key)
    status, code, message = error_of(answer)
    assert (status, code) == (422, "validation_error")
    assert message.startswith("query.limit: ")


@each_case("status", STATUSES)
def test_each_status_filters(server: Api, tenant: Tenant, status: str) -> None:
    """S99, S100: there are seven filters. Without one, all tasks are listed."""
    workflow = tenant.workflow()
    wanted = make_tasks(workflow, 2, status=status)
    other = STATUSES[STATUSES.index(status) - 1]
    others = make_tasks(workflow, 2, status=other)
    assert ids(page(server, tenant, workflow, status=status)) == wanted[::-1]
    assert ids(page(server, tenant, workflow)) == [*others[::-1], *wanted[::-1]]


def test_a_cursor_does_not_contain_the_filter(server: Api, tenant: Tenant) -> None:
    """S97, S99: another filter continues at the same position."""
    workflow = tenant.workflow()
    finished = make_tasks(workflow, 3, status="finished")
    failed = make_tasks(workflow, 2, status="failed")
    first = page(server, tenant, workflow, status="failed", limit=1)
    assert first["next_cursor"] == cursor_of({"last_id": failed[1]})
    below = page(server, tenant, workflow, status="finished", cursor=first["next_cursor"])
    assert ids(below) == finished[::-1]


@pytest.mark.parametrize("status", ["done", "PENDING", "", "pending,failed", "na", "\x00"])
def test_another_status_is_400_and_names_the_seven(server: Api, tenant: Tenant, status: str) -> None:
    """S78, S101: 400 invalid_request."""
    answer = server.get(f"/workflows/{tenant.workflow().pk}/tasks?status={quote(status)}", key=tenant.key)
    given, code, message = error_of(answer)
    assert (given, code) == (400, "invalid_request")
    assert all(value in message for value in STATUSES)


@each_case(
    "cursor",
    [
        "garbage",
        "%%%",
        "eyJsYXN0X2lkIjogMTAwMX0",
        base64.b64encode(b"not json").decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 1000).decode(),
        *map(cursor_of, [{}, [], 5, None, {"last_id": "5"}, {"last_id": 0}, {"last_id": -1}, {"last_id": 1.0}]),
        *map(cursor_of, [{"last_id": True}, {"last_id": None}, {"id": 5}]),
        "ü",
        "\x00",
    ],
)
def test_a_bad_cursor_is_400(server: Api, tenant: Tenant, cursor: str) -> None:
    """S77, S106: 400 Invalid cursor."""
    answer = server.get(f"/workflows/{tenant.workflow().pk}/tasks?cursor={quote(cursor)}", key=tenant.key)
    assert error_of(answer) == (400, "invalid_request", "Invalid cursor")


@pytest.mark.parametrize("last_id", [1, 10**6, 10**18, 10**40, 10**2900])
def test_a_cursor_can_have_an_id_that_does_not_exist(server: Api, tenant: Tenant, last_id: int) -> None:
    """S97: the page begins with the next smaller id."""
    workflow = tenant.workflow()
    make_tasks(workflow, 2)
    body = page(server, tenant, workflow, cursor=cursor_of({"last_id": last_id}))
    assert len(body["tasks"]) == Task.objects.filter(workflow=workflow, pk__lt=min(last_id, 10**18)).count()


def test_an_empty_cursor_is_ignored(server: Api, tenant: Tenant) -> None:
    """S96: the response is the first page."""
    workflow = tenant.workflow()
    made = make_tasks(workflow, 2)
    assert ids(page(server, tenant, workflow, cursor="")) == made[::-1]


def test_items_are_what_the_single_task_endpoint_returns(server: Api, tenant: Tenant) -> None:
    """S107: both return the same object."""
    workflow = tenant.workflow()
    make_tasks(workflow, 3)
    for task in page(server, tenant, workflow)["tasks"]:
        assert server.get(f"/workflows/{workflow.pk}/tasks/{task['id']}", key=tenant.key).json() == task


def test_tasks_of_other_workflows_are_not_listed(server: Api, tenant: Tenant) -> None:
    """S79: also if they belong to the same organization."""
    workflow = tenant.workflow()
    make_tasks(tenant.workflow(), 2)
    made = make_tasks(workflow, 1)
    make_tasks(tenant.workflow(), 2)
    assert ids(page(server, tenant, workflow)) == made


def test_offset_is_ignored(server: Api, tenant: Tenant) -> None:
    """S92, S93: cursors are the only pagination."""
    workflow = tenant.workflow()
    make_tasks(workflow, 3)
    assert page(server, tenant, workflow, offset=2, page=2) == page(server, tenant, workflow)
