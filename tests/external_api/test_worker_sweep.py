"""The sweep: uploads, archives and jobs that nobody finishes."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import Task, Upload
from pipelines_portal.external_api.uploads import sweep as sweep_module
from tests import archives
from tests.each_case import each_case
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import Stack, add_heartbeat, change


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def test_abandoned_uploads_are_cancelled_and_their_archives_deleted(
    stack: Stack, tenant: Tenant, workflow: Any
) -> None:
    """S161, S165: some time after their expiry, because an archive may still be arriving. A confirm is then 409."""
    now = timezone.now()
    old, empty, late, fresh = (stack.stored(tenant, workflow, archives.flat_files()) for _ in range(4))
    change(old, expires_at=now - timedelta(hours=2))
    change(empty, expires_at=now - timedelta(hours=2))
    change(late, expires_at=now - timedelta(minutes=30))
    stack.sweep()
    statuses = [stack.status(tenant, workflow, upload)["status"] for upload in (old, empty, late, fresh)]
    assert statuses == ["cancelled", "cancelled", "pending", "pending"]
    assert stack.confirm(tenant, workflow, old).status_code == 409
    assert [len(stack.objects(upload)) for upload in (old, empty, late, fresh)] == [0, 0, 1, 1]


def test_an_upload_just_past_its_expiry_can_be_confirmed(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S142, S157: only the URL expires. A slow connection may have needed all of its time."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    change(started, expires_at=timezone.now() - timedelta(minutes=30))
    with stack.worker():
        assert stack.confirm(tenant, workflow, started).status_code == 202
        assert stack.wait(tenant, workflow, started)["status"] == "completed"


def test_archives_that_arrive_after_the_end_are_deleted(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S165: S3 accepts a PUT until its URL expires, even if the upload has ended."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    change(started, status="completed", finished_at=timezone.now())
    stack.sweep()
    assert len(stack.objects(started)) == 1, "the URL could still bring it back"
    change(started, expires_at=timezone.now() - timedelta(hours=2))
    stack.sweep()
    assert stack.objects(started) == {}
    assert Upload.objects.get(pk=started["upload_id"]).swept_at is not None


def test_an_archive_that_is_replaced_after_confirm_is_not_processed(
    stack: Stack, tenant: Tenant, workflow: Any
) -> None:
    """S160, S165: the embedded storage refuses another archive. S3 cannot, so the worker compares the versions."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    add_heartbeat()
    assert stack.confirm(tenant, workflow, started).status_code == 202
    answer = stack.put(started, archives.one_folder_a_task())
    with stack.worker():
        state = stack.wait(tenant, workflow, started)
    if stack.storage == "embedded":
        assert (answer.status_code, state["status"]) == (403, "completed")
        return
    assert (answer.status_code, state["status"]) == (200, "failed")
    assert state["error_message"] == "The archive was changed or removed after it was confirmed."


def test_a_lost_job_is_queued_again(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S165: a worker took it and died before it did anything."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    add_heartbeat()
    assert stack.confirm(tenant, workflow, started).status_code == 202
    DBTaskResult.objects.filter(status="READY").update(status="RUNNING")
    stack.sweep()
    assert not DBTaskResult.objects.filter(status="READY").exists(), "a worker may still be about to begin"
    change(started, enqueued_at=timezone.now() - timedelta(minutes=11))
    stack.sweep()
    stack.sweep()
    assert DBTaskResult.objects.filter(status="READY").count() == 1
    with stack.worker():
        assert stack.wait(tenant, workflow, started)["success_count"] == 3


def test_parts_of_broken_uploads_are_deleted_after_a_time(stack: Stack) -> None:
    """S158: a server that was killed left them. A new part may belong to an upload that goes on."""
    folder = Path(settings.DATA_DIR) / "storage" / "unfinished"
    folder.mkdir(parents=True, exist_ok=True)
    old, new = folder / "old", folder / "new"
    for path in (old, new):
        path.write_bytes(b"part")
    two_hours_ago = timezone.now().timestamp() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    stack.sweep()
    embedded = stack.storage == "embedded"
    assert (old.exists(), new.exists()) == (not embedded, True)
    old.unlink(missing_ok=True)
    new.unlink()


@each_case("value", [{"object": ["x"]}, {"object": 5}, {"path": "a", "object": "../x"}, ["object"], "object"])
def test_no_value_of_a_task_looks_like_a_stored_file(stack: Stack, tenant: Tenant, workflow: Any, value: Any) -> None:
    """A field of a type that an earlier version accepted holds any JSON. It stops no clean-up."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    change(started, status="completed", finished_at=timezone.now(), expires_at=timezone.now() - timedelta(hours=2))
    Task.objects.create(workflow=workflow, upload_id=started["upload_id"], fields={"odd": value})
    stack.sweep()
    assert Upload.objects.get(pk=started["upload_id"]).swept_at is not None


def test_one_upload_that_fails_does_not_stop_the_clean_up_of_others(
    stack: Stack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (stack.stored(tenant, workflow, archives.flat_files()) for _ in range(2))
    for each in (bad, good):
        change(each, status="completed", finished_at=timezone.now(), expires_at=timezone.now() - timedelta(hours=2))

    def delete(upload: Upload) -> None:
        if str(upload.pk) == bad["upload_id"]:
            raise OSError("The disk is odd")

    monkeypatch.setattr(sweep_module, "delete_unneeded_files", delete)
    assert sweep_module.delete_late_archives() == 1
    assert Upload.objects.get(pk=good["upload_id"]).swept_at is not None
    assert Upload.objects.get(pk=bad["upload_id"]).swept_at is None


def test_an_upload_that_waits_behind_others_has_lost_nothing(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    started = stack.stored(tenant, workflow, archives.flat_files())
    add_heartbeat()
    stack.confirm(tenant, workflow, started)
    change(started, enqueued_at=timezone.now() - timedelta(hours=2))
    sweep_module.requeue_orphans()
    assert DBTaskResult.objects.count() == 1
    DBTaskResult.objects.all().delete()
    sweep_module.requeue_orphans()
    assert DBTaskResult.objects.count() == 1, "its job was lost"
