"""Workers that end in the middle of an upload: no task is lost or duplicated."""

import random
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.external_api.models import NodeInstance, Task, Upload, WorkerHeartbeat
from pipelines_portal.external_api.uploads.process import process_upload
from tests import archives
from tests.external_api.factories import FILE_FIELD, NODES, Tenant
from tests.external_api.uploads import add_heartbeat
from tests.services.external_api.workers import ServedStack, working

MANY = 1500
QUICK = {"UPLOAD_LEASE_SECONDS": "3", "UPLOAD_SWEEP_SECONDS": "0.5"}


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def wait_for_tasks(workflow: Any, count: int) -> None:
    deadline = time.monotonic() + 60
    while workflow.tasks.count() < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_worker_killed_in_the_middle_of_five_thousand(
    stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165, S167: after two workers were killed at different rows there are 5,000 tasks, in order."""
    archive = archives.five_thousand_files()
    log = tmp_path / "log"
    with working(log, **stack.env, **QUICK) as worker:
        started = stack.stored(tenant, workflow, archive)
        assert stack.confirm(tenant, workflow, started).status_code == 202
        wait_for_tasks(workflow, 500)
        worker.kill()
    first = workflow.tasks.count()
    assert 500 <= first < 5000
    with working(log, **stack.env, **QUICK) as worker:
        wait_for_tasks(workflow, first + 1000)
        worker.kill()
    assert first < workflow.tasks.count() < 5000
    assert stack.status(tenant, workflow, started)["status"] == "processing"
    with working(log, **stack.env, **QUICK):
        state = stack.wait(tenant, workflow, started, 120)
        objects = stack.objects_in_the_end(started)
    assert (state["status"], state["success_count"], state["error_count"]) == ("completed", 5000, 0)
    tasks = list(workflow.tasks.order_by("upload_row"))
    assert [task.upload_row for task in tasks] == list(range(5000))
    assert [task.fields["photo"]["path"] for task in tasks] == [f"{number:05}.txt" for number in range(5000)]
    assert state["task_ids"] == [task.pk for task in tasks]
    assert NodeInstance.objects.filter(task__workflow=workflow).count() == 5000 * len(NODES)
    assert sorted(objects) == sorted(task.fields["photo"]["object"] for task in tasks)


def test_on_sigterm_a_worker_leaves_the_rest_to_another(
    stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165, S167: the other one does not have to wait until a lease expires."""
    long = {"UPLOAD_LEASE_SECONDS": "600"}
    WorkerHeartbeat.objects.all().delete()  # of workers that other tests killed
    with working(tmp_path / "one", **stack.env, **long) as worker:
        started = stack.stored(tenant, workflow, archives.five_thousand_files())
        assert stack.confirm(tenant, workflow, started).status_code == 202
        wait_for_tasks(workflow, 500)
        worker.process.terminate()
        assert worker.process.wait(60) == 0
        assert "Traceback" not in worker.output()
    assert 500 <= workflow.tasks.count() < 5000
    left = Upload.objects.get(pk=started["upload_id"])
    assert (left.status, left.leased_until, left.attempts) == ("processing", None, 0)
    assert not WorkerHeartbeat.objects.exists(), "it deletes its heartbeat"
    with working(tmp_path / "two", **stack.env, **long):
        state = stack.wait(tenant, workflow, started, 120)
    assert (state["status"], state["success_count"]) == ("completed", 5000)
    assert list(workflow.tasks.order_by("upload_row").values_list("upload_row", flat=True)) == list(range(5000))


def test_two_workers_share_the_queue(stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S165: the tasks of each upload are created once."""
    with working(tmp_path / "one", **stack.env), working(tmp_path / "two", **stack.env):
        uploads = [stack.stored(tenant, workflow, archives.flat_files()) for _ in range(6)]
        assert {stack.confirm(tenant, workflow, upload).status_code for upload in uploads} == {202}
        assert {stack.wait(tenant, workflow, upload)["success_count"] for upload in uploads} == {3}
    assert workflow.tasks.count() == 18


@pytest.mark.full
def test_duplicate_jobs_create_tasks_once(stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S165: two workers find three jobs for the same upload."""
    started = stack.stored(tenant, workflow, many_files())
    confirm_for_later(stack, tenant, workflow, started)
    for _ in range(2):
        process_upload.enqueue(started["upload_id"])
    with working(tmp_path / "one", **stack.env), working(tmp_path / "two", **stack.env):
        state = stack.wait(tenant, workflow, started, 120)
    assert (state["success_count"], Task.objects.filter(workflow=workflow).count()) == (MANY, MANY)


def confirm_for_later(stack: ServedStack, tenant: Tenant, workflow: Any, started: dict[str, Any]) -> None:
    """Confirm an upload without a worker: the API takes the heartbeat for one that was killed a moment ago."""
    add_heartbeat()
    assert stack.confirm(tenant, workflow, started).status_code == 202


def many_files() -> bytes:
    return archives.archive([(f"{number:05}.txt", b"x") for number in range(MANY)])


@pytest.mark.full
def test_a_worker_that_lost_its_lease_leaves_the_upload_to_the_other(
    stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165: a worker that was paused for longer than its lease finds another one at its upload."""
    with working(tmp_path / "one", **stack.env, **QUICK) as sleeper:
        started = stack.stored(tenant, workflow, many_files())
        stack.confirm(tenant, workflow, started)
        wait_for_tasks(workflow, 200)
        sleeper.pause()
        with working(tmp_path / "two", **stack.env, **QUICK):
            before = workflow.tasks.count()
            wait_for_tasks(workflow, min(before + 300, MANY))
            sleeper.resume()
            state = stack.wait(tenant, workflow, started, 120)
    assert (state["status"], state["success_count"]) == ("completed", MANY)
    rows = Task.objects.filter(workflow=workflow).values_list("upload_row", flat=True)
    assert sorted(rows) == list(range(MANY))


def test_an_upload_that_kills_every_worker_fails_in_the_end(
    stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165: the number of attempts is limited."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    confirm_for_later(stack, tenant, workflow, started)
    Upload.objects.filter(pk=started["upload_id"]).update(attempts=20)
    with working(tmp_path / "log", **stack.env):
        state = stack.wait(tenant, workflow, started)
    assert state["status"] == "failed"
    assert state["error_message"].startswith("The archive could not be processed: 20 attempts broke off on the server")
    assert len(stack.objects(started)) == 1, "the archive is stored until the sweep"


@pytest.mark.full
def test_a_failed_upload_reports_the_tasks_that_were_created(
    stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165, S167: its counts, errors and ids are about the rows before it failed."""
    with working(tmp_path / "log", **stack.env, **QUICK) as worker:
        started = stack.stored(tenant, workflow, many_files())
        assert stack.confirm(tenant, workflow, started).status_code == 202
        wait_for_tasks(workflow, 200)
        worker.kill()
    workflow.status = "ARCHIVED"
    workflow.save()
    with working(tmp_path / "log", **stack.env, **QUICK):
        state = stack.wait(tenant, workflow, started, 120)
    made = list(workflow.tasks.order_by("upload_row").values_list("pk", flat=True))
    assert (state["status"], state["task_ids"], state["success_count"]) == ("failed", made, len(made))
    assert (state["error_count"], state["errors"]) == (0, [])
    sentences = f"Workflow must be ACTIVE or PAUSED to create tasks. {len(made):,} tasks had been created before."
    assert state["error_message"] == sentences


@pytest.mark.full
def test_a_file_can_take_longer_than_a_lease(stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S165: the worker renews its lease in time, and no other one takes the upload over.

    On a machine that stops for a second it can lose the lease all the same, hence several tries.
    """
    content = archives.archive([("large.bin", random.Random(0).randbytes(200_000_000))], zipfile.ZIP_STORED)
    assert any(_keeps_its_lease(stack, tenant, workflow, tmp_path / str(number), content) for number in range(4))


def _keeps_its_lease(stack: ServedStack, tenant: Tenant, workflow: Any, folder: Path, content: bytes) -> bool:
    folder.mkdir()
    started = stack.stored(tenant, workflow, content)
    short = {"UPLOAD_LEASE_SECONDS": "1", "UPLOAD_SWEEP_SECONDS": "0.2"}
    with working(folder / "one", **stack.env, **short) as one, working(folder / "two", **stack.env, **short) as two:
        assert stack.confirm(tenant, workflow, started).status_code == 202
        assert stack.wait(tenant, workflow, started)["success_count"] == 1
    said = one.output() + two.output()
    return "taken over" not in said and "lost its worker" not in said
