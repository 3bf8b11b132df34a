"""POST confirm: each refusal, and what may be tried again after it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import Upload, WorkerHeartbeat
from tests import archives
from tests.external_api.conftest import RunServer
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import Stack, working

NOT_STORED = "ZIP archive has not been uploaded yet"
NOT_PENDING = "Upload has already been confirmed or is no longer pending"


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def told(answer: requests.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["error"], answer.json()["message"]


def test_before_the_archive_is_there_it_is_422_and_afterwards_works(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S158, S159, S157: the literal; a later confirm is not spoilt by it."""
    with working(tmp_path / "log", **stack.env):
        started = stack.start(tenant, workflow)
        assert told(stack.confirm(tenant, workflow, started)) == (422, "validation_error", NOT_STORED)
        assert stack.put(started, archives.flat_files()).status_code == 200
        answer = stack.confirm(tenant, workflow, started)
        assert (answer.status_code, answer.json()) == (
            202,
            {"upload_id": started["upload_id"], "status": "processing"},
        )
        assert told(stack.confirm(tenant, workflow, started)) == (409, "api_error", NOT_PENDING)
        assert stack.wait(tenant, workflow, started)["success_count"] == 3


@pytest.mark.parametrize("status", ["processing", "completed", "failed", "cancelled"])
def test_anything_but_pending_is_409(stack: Stack, tenant: Tenant, workflow: Any, status: str) -> None:
    """S82, S160, S161: whatever ended it, and before the storage is asked."""
    started = stack.start(tenant, workflow)
    Upload.objects.filter(pk=started["upload_id"]).update(status=status)
    assert told(stack.confirm(tenant, workflow, started)) == (409, "api_error", NOT_PENDING)


def test_without_a_worker_it_is_503_and_a_retry_can_succeed(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S86, S162, S163, S164: nothing is queued, the upload stays pending. One that ended before the clock was set back,
    and so seems to have spoken in the future, is no worker.
    """
    WorkerHeartbeat.objects.all().delete()
    WorkerHeartbeat.objects.create(worker_id="ended", seen_at=timezone.now() + timedelta(hours=5))
    started = stack.stored(tenant, workflow, archives.flat_files())
    jobs = DBTaskResult.objects.count()
    for _ in range(2):
        status, error, _message = told(stack.confirm(tenant, workflow, started))
        assert (status, error) == (503, "service_unavailable")
        assert stack.status(tenant, workflow, started)["status"] == "pending"
    assert DBTaskResult.objects.count() == jobs
    with working(tmp_path / "log", **stack.env):
        assert stack.confirm(tenant, workflow, started).status_code == 202
        assert stack.wait(tenant, workflow, started)["status"] == "completed"


def test_a_worker_that_was_silenced_is_no_worker(stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S162: one that said goodbye counts no more."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    WorkerHeartbeat.objects.all().delete()  # of workers that other tests killed
    with working(tmp_path / "log", **stack.env) as worker:
        worker.process.terminate()
        worker.process.wait(timeout=30)
        assert stack.confirm(tenant, workflow, started).status_code == 503


def test_without_a_queue_it_is_503_and_a_retry_can_succeed(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S162, S163, S164: change of state and job come together or not at all."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    table = DBTaskResult._meta.db_table
    with working(tmp_path / "log", **stack.env) as worker:
        worker.kill()  # its last heartbeat is fresh: to the server it lives
    rename(table, "queue_out_of_order")
    try:
        status, error, _message = told(stack.confirm(tenant, workflow, started))
        assert (status, error) == (503, "service_unavailable")
        assert stack.status(tenant, workflow, started)["status"] == "pending"
    finally:
        rename("queue_out_of_order", table)
    assert stack.confirm(tenant, workflow, started).status_code == 202
    with working(tmp_path / "log", **stack.env):
        assert stack.wait(tenant, workflow, started)["status"] == "completed"


def rename(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" RENAME TO "{name}"')


def test_the_workflow_must_still_be_open(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S84: checked at init and again here."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    workflow.status = "COMPLETED"
    workflow.save()
    status, error, message = told(stack.confirm(tenant, workflow, started))
    assert (status, error, message) == (422, "validation_error", "Workflow must be ACTIVE or PAUSED to create tasks")
    assert stack.status(tenant, workflow, started)["status"] == "pending"


def test_a_workflow_closed_after_confirm_fails_the_upload(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165: failed, with the reason; a job waits for a worker as long as it takes."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    with working(tmp_path / "log", **stack.env) as worker:
        worker.kill()
    assert stack.confirm(tenant, workflow, started).status_code == 202
    assert stack.status(tenant, workflow, started)["status"] == "processing"
    workflow.status = "ARCHIVED"
    workflow.save()
    with working(tmp_path / "log", **stack.env):
        state = stack.wait(tenant, workflow, started)
    assert (state["status"], state["task_ids"]) == ("failed", [])
    assert state["error_message"] == "Workflow must be ACTIVE or PAUSED to create tasks"


def test_of_eight_confirms_at_once_exactly_one_is_202(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S157, S160: five times over; the tasks are made once."""
    with working(tmp_path / "log", **stack.env), ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            started = stack.stored(tenant, workflow, archives.flat_files())
            url = stack.server.url + "/api/v1" + stack.path(workflow, started["upload_id"], "/confirm")
            headers = {"Authorization": f"Bearer {tenant.key}"}
            calls = [pool.submit(requests.post, url, headers=headers, timeout=60) for _ in range(8)]
            assert Counter(call.result().status_code for call in calls) == {202: 1, 409: 7}
            assert stack.wait(tenant, workflow, started)["success_count"] == 3
    assert workflow.tasks.count() == 15


def test_a_storage_that_does_not_answer_is_503(
    run_server: RunServer, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S86, S163: the upload stays pending."""
    env = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "STORAGE_URL": "s3://b?endpoint=http://127.0.0.1:9"}
    with run_server(**env) as server:
        stack = Stack(server, env, "s3")
        started = stack.start(tenant, workflow)
        status, error, _message = told(stack.confirm(tenant, workflow, started))
        assert (status, error) == (503, "service_unavailable")
        assert stack.status(tenant, workflow, started)["status"] == "pending"
