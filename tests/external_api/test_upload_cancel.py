"""DELETE of an upload: it cancels a pending one."""

from typing import Any

import pytest

from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.uploads import confirm
from tests import archives
from tests.external_api.answers import error_of
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.uploads import Stack, change

CONFLICT = "Upload has already been confirmed or is no longer pending"


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def cancel(stack: Stack, tenant: Tenant, workflow: Any, upload_id: str) -> Any:
    return stack.server.call("DELETE", stack.path(workflow, upload_id), key=tenant.key)


def test_a_pending_upload_is_cancelled(
    stack: Stack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive is deleted and no longer counts. The link stores nothing. A second DELETE changes nothing."""
    monkeypatch.setattr("pipelines_portal.external_api.uploads.links.MOST_OPEN_UPLOADS", 1)
    started = stack.stored(tenant, workflow, archives.flat_files())
    for _ in range(2):
        answer = cancel(stack, tenant, workflow, started["upload_id"])
        assert (answer.status_code, answer.json()) == (
            200,
            {"upload_id": started["upload_id"], "status": "cancelled"},
        )
    assert stack.objects(started) == {}
    upload = Upload.objects.get()
    assert (upload.status, upload.kept_bytes, upload.swept_at) == ("cancelled", 0, None)
    assert stack.put(started, archives.flat_files()).status_code == 403
    assert stack.status(tenant, workflow, started)["status"] == "cancelled"
    assert error_of(stack.confirm(tenant, workflow, started)) == (409, "api_error", CONFLICT)
    stack.start(tenant, workflow)


@pytest.mark.parametrize("status", ["processing", "completed", "failed"])
def test_an_upload_that_went_on_is_not_cancelled(stack: Stack, tenant: Tenant, workflow: Any, status: str) -> None:
    started = stack.stored(tenant, workflow, archives.flat_files())
    change(started, status=status)
    assert error_of(cancel(stack, tenant, workflow, started["upload_id"])) == (409, "api_error", CONFLICT)
    assert Upload.objects.get().status == status
    assert stack.objects(started) != {}


def test_uploads_of_others_are_404(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    started = stack.start(tenant, workflow)
    stranger = make_tenant()
    attempts = [
        (stranger, workflow, started["upload_id"]),
        (stranger, stranger.workflow(fields=[FILE_FIELD]), started["upload_id"]),
        (tenant, tenant.workflow(fields=[FILE_FIELD]), started["upload_id"]),
        (tenant, workflow, "nonsense"),
    ]
    assert {cancel(stack, *attempt).status_code for attempt in attempts} == {404}
    assert Upload.objects.get().status == "pending"


def test_a_confirm_that_came_first_wins(
    stack: Stack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a cancel that came first does: each compares the status in its own UPDATE."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    found = confirm.require_archive

    def cancel_meanwhile(upload: Upload) -> Any:
        assert cancel(stack, tenant, workflow, started["upload_id"]).status_code == 200
        return archive

    archive = found(Upload.objects.get())
    monkeypatch.setattr("pipelines_portal.external_api.uploads.endpoints.require_archive", cancel_meanwhile)
    with stack.worker():
        assert error_of(stack.confirm(tenant, workflow, started))[0] == 409
    assert Upload.objects.get().status == "cancelled"


def test_a_put_that_ends_after_the_cancel_stores_nothing(
    stack: Stack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = stack.start(tenant, workflow)
    draft = EmbeddedStorage.draft

    def cancel_meanwhile(storage: EmbeddedStorage) -> Any:
        assert cancel(stack, tenant, workflow, started["upload_id"]).status_code == 200
        return draft(storage)

    monkeypatch.setattr(EmbeddedStorage, "draft", cancel_meanwhile)
    assert stack.put(started, archives.flat_files()).status_code == 403
    assert stack.objects(started) == {}


def test_a_storage_that_fails_leaves_the_archive_to_the_sweep(
    stack: Stack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = stack.stored(tenant, workflow, archives.flat_files())

    def fail(upload: Upload) -> None:
        raise OSError("The disk is odd")

    monkeypatch.setattr(confirm, "delete_unneeded_files", fail)
    assert cancel(stack, tenant, workflow, started["upload_id"]).status_code == 200
    upload = Upload.objects.get()
    assert (upload.status, upload.kept_bytes > 0) == ("cancelled", True)
