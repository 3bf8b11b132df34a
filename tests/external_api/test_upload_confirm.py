"""POST confirm: its refusals, and which of them allow another try."""

from typing import Any

import pytest
import requests
from django.db import connection
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import WorkerHeartbeat
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import Stack, add_heartbeat, change

NOT_STORED = "ZIP archive has not been uploaded yet"
NOT_PENDING = "Upload has already been confirmed or is no longer pending"
CLOSED = "Workflow must be ACTIVE or PAUSED to create tasks"


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def error_of(answer: requests.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["error"], answer.json()["message"]


def test_it_is_422_until_the_archive_is_stored(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S157, S158, S159: a later confirm succeeds, and the one after it is 409."""
    with stack.worker():
        started = stack.start(tenant, workflow)
        assert error_of(stack.confirm(tenant, workflow, started)) == (422, "validation_error", NOT_STORED)
        assert stack.put(started, archives.flat_files()).status_code == 200
        answer = stack.confirm(tenant, workflow, started)
        assert answer.status_code == 202
        assert answer.json() == {"upload_id": started["upload_id"], "status": "processing"}
        assert error_of(stack.confirm(tenant, workflow, started)) == (409, "api_error", NOT_PENDING)
        assert stack.wait(tenant, workflow, started)["success_count"] == 3


@pytest.mark.parametrize("status", ["processing", "completed", "failed", "cancelled"])
def test_an_upload_that_is_not_pending_is_409(stack: Stack, tenant: Tenant, workflow: Any, status: str) -> None:
    """S82, S160, S161: whether there is an archive does not matter."""
    started = stack.start(tenant, workflow)
    change(started, status=status)
    assert error_of(stack.confirm(tenant, workflow, started)) == (409, "api_error", NOT_PENDING)


def test_without_a_worker_it_is_503_and_a_retry_can_succeed(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S86, S162, S163, S164: nothing is queued, and the upload stays pending. An old heartbeat is no worker."""
    WorkerHeartbeat.objects.all().delete()
    heartbeat = add_heartbeat(seconds=31)
    started = stack.stored(tenant, workflow, archives.flat_files())
    jobs = DBTaskResult.objects.count()
    for _ in range(2):
        answer = stack.confirm(tenant, workflow, started)
        assert error_of(answer)[:2] == (503, "service_unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert stack.status(tenant, workflow, started)["status"] == "pending"
    assert DBTaskResult.objects.count() == jobs
    heartbeat.delete()
    with stack.worker():
        assert stack.confirm(tenant, workflow, started).status_code == 202
        assert stack.wait(tenant, workflow, started)["status"] == "completed"


def test_without_a_queue_it_is_503_and_a_retry_can_succeed(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S162, S163, S164: the status and the job change together or not at all."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    table = DBTaskResult._meta.db_table
    add_heartbeat()
    rename(table, "queue_out_of_order")
    try:
        answer = stack.confirm(tenant, workflow, started)
        assert error_of(answer)[:2] == (503, "service_unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert stack.status(tenant, workflow, started)["status"] == "pending"
    finally:
        rename("queue_out_of_order", table)
    assert stack.confirm(tenant, workflow, started).status_code == 202
    with stack.worker():
        assert stack.wait(tenant, workflow, started)["status"] == "completed"


def rename(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{name}"')


def test_the_workflow_must_still_be_open(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S84: it is checked when the upload starts, and again here."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    workflow.status = "COMPLETED"
    workflow.save()
    assert error_of(stack.confirm(tenant, workflow, started)) == (422, "validation_error", CLOSED)
    assert stack.status(tenant, workflow, started)["status"] == "pending"


def test_a_workflow_that_is_closed_after_confirm_fails_the_upload(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S165: the job waits for a worker, which finds the workflow closed."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    add_heartbeat()
    assert stack.confirm(tenant, workflow, started).status_code == 202
    assert stack.status(tenant, workflow, started)["status"] == "processing"
    workflow.status = "ARCHIVED"
    workflow.save()
    with stack.worker():
        state = stack.wait(tenant, workflow, started)
    assert (state["status"], state["task_ids"], state["error_message"]) == ("failed", [], CLOSED)
