"""A worker that dies: nothing is lost, nothing is made twice."""

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
from tests.external_api.uploads import Stack, working

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
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165, S167: kill -9 twice, at different places; in the end exactly 5,000 tasks, none twice, in order."""
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
        objects = stack.names_in_the_end(started)
    assert (state["status"], state["success_count"], state["error_count"]) == ("completed", 5000, 0)
    tasks = list(workflow.tasks.order_by("upload_row"))
    assert [task.upload_row for task in tasks] == list(range(5000))
    assert [task.fields["photo"]["path"] for task in tasks] == [f"{number:05}.txt" for number in range(5000)]
    assert state["task_ids"] == [task.pk for task in tasks]
    assert NodeInstance.objects.filter(task__workflow=workflow).count() == 5000 * len(NODES)
    assert sorted(objects) == sorted(task.fields["photo"]["object"] for task in tasks)


def test_told_to_end_a_worker_leaves_the_rest_to_another_at_once(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165, S167: an archive may take longer than anybody waits for a worker to end. No lease has to run out."""
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
    assert not WorkerHeartbeat.objects.exists(), "it says goodbye"
    with working(tmp_path / "two", **stack.env, **long):
        state = stack.wait(tenant, workflow, started, 120)
    assert (state["status"], state["success_count"]) == ("completed", 5000)
    assert list(workflow.tasks.order_by("upload_row").values_list("upload_row", flat=True)) == list(range(5000))


def test_two_workers_share_the_queue_without_doubling(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165: six uploads over two workers; each upload's tasks are made once."""
    with working(tmp_path / "one", **stack.env), working(tmp_path / "two", **stack.env):
        uploads = [stack.stored(tenant, workflow, archives.flat_files()) for _ in range(6)]
        assert {stack.confirm(tenant, workflow, upload).status_code for upload in uploads} == {202}
        assert {stack.wait(tenant, workflow, upload)["success_count"] for upload in uploads} == {3}
    assert workflow.tasks.count() == 18


def test_a_job_that_runs_twice_at_once_makes_tasks_once(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165: the same upload queued three times over, and two workers that find it so."""
    started = stack.stored(tenant, workflow, many_files())
    confirm_for_later(stack, tenant, workflow, started, tmp_path)
    for _ in range(2):
        process_upload.enqueue(started["upload_id"])
    with working(tmp_path / "one", **stack.env), working(tmp_path / "two", **stack.env):
        state = stack.wait(tenant, workflow, started, 120)
    assert (state["success_count"], Task.objects.filter(workflow=workflow).count()) == (MANY, MANY)


def confirm_for_later(stack: Stack, tenant: Tenant, workflow: Any, started: dict[str, Any], folder: Path) -> None:
    """Right after a worker died: its last heartbeat still speaks for it."""
    with working(folder / "dead", **stack.env) as worker:
        worker.kill()
    assert stack.confirm(tenant, workflow, started).status_code == 202


def many_files() -> bytes:
    return archives.archive([(f"{number:05}.txt", b"x") for number in range(MANY)])


def test_a_worker_that_lost_its_lease_leaves_the_upload_to_the_other(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165: a worker that sleeps past its lease wakes up to find another at its work."""
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
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S165: it is not tried for ever."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    confirm_for_later(stack, tenant, workflow, started, tmp_path)
    Upload.objects.filter(pk=started["upload_id"]).update(attempts=20)
    with working(tmp_path / "log", **stack.env):
        state = stack.wait(tenant, workflow, started)
    assert state["status"] == "failed"
    assert state["error_message"].startswith("The archive could not be processed: 20 attempts broke off on the server")
    assert len(stack.objects(started)) == 1, "the archive was not looked at to the end: it is kept until it is swept"


def test_a_failed_upload_tells_what_it_had_made(stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S165, S167: counts, errors and ids of what was done before it failed; the message is two whole sentences."""
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


def test_one_file_may_take_longer_than_a_lease(stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S165: the worker says so in time, and nobody takes the upload over.

    On a machine that stands still for a second it may lose the lease all the same; one that says nothing always does.
    """
    content = archives.archive([("large.bin", random.Random(0).randbytes(200_000_000))], zipfile.ZIP_STORED)
    assert any(_keeps_its_lease(stack, tenant, workflow, tmp_path / str(number), content) for number in range(4))


def _keeps_its_lease(stack: Stack, tenant: Tenant, workflow: Any, folder: Path, content: bytes) -> bool:
    folder.mkdir()
    started = stack.stored(tenant, workflow, content)
    short = {"UPLOAD_LEASE_SECONDS": "1", "UPLOAD_SWEEP_SECONDS": "0.2"}
    with working(folder / "one", **stack.env, **short) as one, working(folder / "two", **stack.env, **short) as two:
        assert stack.confirm(tenant, workflow, started).status_code == 202
        assert stack.wait(tenant, workflow, started)["success_count"] == 1
    said = one.output() + two.output()
    return "taken over" not in said and "lost its worker" not in said
