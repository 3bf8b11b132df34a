"""The sweep: what nobody comes back for."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.uploads.process import process_upload
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.server import manage
from tests.external_api.uploads import Stack, age, working


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def sweep(stack: Stack) -> None:
    manage("sweep_uploads", **stack.env)


def test_abandoned_uploads_are_cancelled_and_their_archives_deleted(
    stack: Stack, tenant: Tenant, workflow: Any
) -> None:
    """S161, S165: past expiry and the grace for what may still be on its way; a confirm then is 409."""
    now = timezone.now()
    old, late, fresh, empty = (stack.stored(tenant, workflow, archives.flat_files()) for _ in range(4))
    age(old, expires_at=now - timedelta(hours=2))
    age(empty, expires_at=now - timedelta(hours=2))
    age(late, expires_at=now - timedelta(minutes=30))
    sweep(stack)
    statuses = [stack.status(tenant, workflow, upload)["status"] for upload in (old, empty, late, fresh)]
    assert statuses == ["cancelled", "cancelled", "pending", "pending"]
    assert stack.confirm(tenant, workflow, old).status_code == 409
    assert [len(stack.objects(upload)) for upload in (old, empty, late, fresh)] == [0, 0, 1, 1]


def test_an_upload_just_past_its_expiry_can_be_confirmed(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S142, S157: it is the URL that expires; a slow line may have needed all of its time."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    age(started, expires_at=timezone.now() - timedelta(minutes=30))
    with working(tmp_path / "log", **stack.env):
        assert stack.confirm(tenant, workflow, started).status_code == 202
        assert stack.wait(tenant, workflow, started)["status"] == "completed"


def test_archives_that_come_after_the_end_are_deleted(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S165: S3 takes a PUT as long as its URL lasts, whatever became of the upload."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    age(started, status="completed", finished_at=timezone.now())
    sweep(stack)
    assert len(stack.objects(started)) == 1, "the URL could still bring it back"
    age(started, expires_at=timezone.now() - timedelta(hours=2))
    sweep(stack)
    assert stack.objects(started) == {}
    assert Upload.objects.get(pk=started["upload_id"]).swept_at is not None


def test_an_archive_replaced_after_confirm_is_not_processed(
    stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S160, S165: what was confirmed is what counts; embedded storage refuses, S3 cannot, so the worker looks."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    with working(tmp_path / "log", **stack.env) as worker:
        worker.kill()
    assert stack.confirm(tenant, workflow, started).status_code == 202
    answer = stack.put(started, archives.one_folder_a_task())
    with working(tmp_path / "log", **stack.env):
        state = stack.wait(tenant, workflow, started)
    if stack.storage == "embedded":
        assert (answer.status_code, state["status"]) == (403, "completed")
        return
    assert (answer.status_code, state["status"]) == (200, "failed")
    assert state["error_message"] == "The archive was changed or removed after it was confirmed."


def test_a_job_that_was_lost_is_queued_again(stack: Stack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S165: taken by a worker that died before it did anything."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    with working(tmp_path / "log", **stack.env) as worker:
        worker.kill()
    assert stack.confirm(tenant, workflow, started).status_code == 202
    DBTaskResult.objects.filter(status="READY").update(status="RUNNING")
    sweep(stack)
    assert not DBTaskResult.objects.filter(status="READY").exists(), "it may still be waiting its turn"
    age(started, enqueued_at=timezone.now() - timedelta(minutes=11))
    sweep(stack)
    sweep(stack)
    assert DBTaskResult.objects.filter(status="READY").count() == 1
    with working(tmp_path / "log", **stack.env):
        assert stack.wait(tenant, workflow, started)["success_count"] == 3


def test_parts_of_broken_uploads_are_removed_in_time(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S158: what a server that was killed left on disk; not what is on its way."""
    folder = Path(settings.DATA_DIR) / "storage" / "unfinished"
    folder.mkdir(parents=True, exist_ok=True)
    old, new = folder / "old", folder / "new"
    for path in (old, new):
        path.write_bytes(b"part")
    two_hours_ago = timezone.now().timestamp() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    sweep(stack)
    embedded = stack.storage == "embedded"
    assert (old.exists(), new.exists()) == (not embedded, True)
    old.unlink(missing_ok=True)
    new.unlink()


def test_old_jobs_are_forgotten(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S165: the queue does not grow for ever; a job that still waits is kept, however old."""
    jobs = [process_upload.enqueue(str(uuid4())).id for _ in range(3)]
    week_ago = timezone.now() - timedelta(days=8)
    DBTaskResult.objects.filter(pk__in=jobs[:2]).update(enqueued_at=week_ago)
    DBTaskResult.objects.filter(pk=jobs[0]).update(status="SUCCESSFUL")
    said = manage("tidy", **stack.env).stdout
    assert "Jobs that are over: 1 removed" in said
    left = DBTaskResult.objects.filter(pk__in=jobs)
    assert {str(pk) for pk in left.values_list("pk", flat=True)} == set(jobs[1:])
    left.delete()
