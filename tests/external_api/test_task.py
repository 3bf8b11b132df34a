"""GET one task."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipelines_portal.external_api.models import Task
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant, make_tasks, make_tenant, set_nodes
from tests.external_api.server import Api

ALL_STATUSES = [
    *["finished"] * 3,
    *["available", "claimed", "submitted", "escalated", "quarantined"],
    *["pending"] * 2,
    *["deferred"] * 4,
    *["na"] * 5,
]


def test_complete_body(server: Api, tenant: Tenant) -> None:
    """S8, S88, S168, S169, S170: times are in UTC, without fractions of seconds."""
    workflow = tenant.workflow()
    moment = datetime(2026, 3, 30, 14, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    (pk,) = make_tasks(workflow, 1, created_at=moment, updated_at=datetime(2026, 3, 30, 12, 5, tzinfo=UTC))
    answer = server.get(f"/workflows/{workflow.pk}/tasks/{pk}", key=tenant.key)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": pk,
        "status": "pending",
        "node_summary": {"total": 2, "finished": 0, "in_progress": 1, "pending": 1},
        "created_at": "2026-03-30T12:00:00Z",
        "updated_at": "2026-03-30T12:05:00Z",
    }


def test_a_new_task_has_the_current_time(server: Api, tenant: Tenant) -> None:
    """S170: in ISO 8601, in UTC, with a Z."""
    workflow = tenant.workflow()
    (pk,) = make_tasks(workflow, 1)
    body = server.get(f"/workflows/{workflow.pk}/tasks/{pk}", key=tenant.key).json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["created_at"])
    age = datetime.now(UTC) - datetime.fromisoformat(body["created_at"])
    assert timedelta() <= age < timedelta(minutes=1)


@pytest.mark.parametrize(
    "status", ["pending", "in_progress", "finished", "failed", "paused", "escalated", "quarantined"]
)
def test_seven_statuses(server: Api, tenant: Tenant, status: str) -> None:
    """S171: the status does not depend on the nodes."""
    workflow = tenant.workflow()
    (pk,) = make_tasks(workflow, 1, status=status)
    assert server.get(f"/workflows/{workflow.pk}/tasks/{pk}", key=tenant.key).json()["status"] == status


def test_nodes_are_counted_in_three_groups(server: Api, tenant: Tenant) -> None:
    """S172, S173, S174, S175: nodes with the status na are not counted."""
    workflow = tenant.workflow()
    (pk,) = make_tasks(workflow, 1)
    set_nodes(pk, ALL_STATUSES)
    body = server.get(f"/workflows/{workflow.pk}/tasks/{pk}", key=tenant.key).json()
    assert body["node_summary"] == {"total": 14, "finished": 3, "in_progress": 5, "pending": 6}


@pytest.mark.parametrize("nodes", [["available", "na"], ["na"], []])
def test_nodes_of_a_new_task_are_counted(server: Api, tenant: Tenant, nodes: list[str]) -> None:
    """S169, S175: by the same rules."""
    workflow = tenant.workflow(fields=[], nodes=[{"name": "N", "status": status} for status in nodes])
    created = server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, json={"tasks": [{"fields": {}}]})
    (pk,) = created.json()["task_ids"]
    summary = server.get(f"/workflows/{workflow.pk}/tasks/{pk}", key=tenant.key).json()["node_summary"]
    active = nodes.count("available")
    assert summary == {"total": active, "finished": 0, "in_progress": active, "pending": 0}


def test_missing_and_foreign_tasks_look_the_same(server: Api, tenant: Tenant) -> None:
    """S80, S176: 404, also for a task of another workflow of the same organization."""
    workflow, other = tenant.workflow(), make_tenant()
    (neighbour,) = make_tasks(tenant.workflow(), 1)
    (foreign,) = make_tasks(other.workflow(), 1)
    for pk in (neighbour, foreign, 999_999_999, 10**30, 0, -1):
        answer = server.get(f"/workflows/{workflow.pk}/tasks/{pk}", key=tenant.key)
        assert error_of(answer) == (404, "not_found", "Task not found")
    assert Task.objects.filter(pk__in=[neighbour, foreign]).count() == 2


def test_a_task_of_a_foreign_workflow_is_404(server: Api, tenant: Tenant) -> None:
    """S79, S80: the message is about the workflow."""
    workflow = make_tenant().workflow()
    (pk,) = make_tasks(workflow, 1)
    answer = server.get(f"/workflows/{workflow.pk}/tasks/{pk}", key=tenant.key)
    assert error_of(answer) == (404, "not_found", "Workflow not found")


@pytest.mark.parametrize("task_id", ["abc", "1.5", "%00", "1%0A", "%D9%A3"])
def test_an_id_that_is_no_integer_is_422(server: Api, tenant: Tenant, task_id: str) -> None:
    """S83: 422 validation_error."""
    answer = server.get(f"/workflows/{tenant.workflow().pk}/tasks/{task_id}", key=tenant.key)
    assert error_of(answer)[:2] == (422, "validation_error")
