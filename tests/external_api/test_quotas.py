"""How much of the storage an organization may use, and how much of the disk must stay free."""

import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.organizations.keys import create_key
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from tests import archives
from tests.external_api.answers import error_of
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.server import Api
from tests.external_api.threads import in_threads
from tests.external_api.uploads import InProcessStack, Stack, change

KIB = 1024


@pytest.fixture
def narrow(stack: Stack, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """100 KiB and three open uploads for each organization."""
    settings.ORGANIZATION_STORAGE_BYTES = 100 * KIB
    monkeypatch.setattr("pipelines_portal.external_api.uploads.links.MOST_OPEN_UPLOADS", 3)
    return stack


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def content(size: int) -> bytes:
    """Return an archive of about `size` bytes whose file is not compressed."""
    return archives.archive([("a.bin", bytes(range(256)) * (size // 256))], zipfile.ZIP_STORED)


def refusal(stack: Stack, tenant: Tenant, workflow: Any, **body: Any) -> tuple[int, str, str]:
    return error_of(stack.server.post(stack.path(workflow), key=tenant.key, json=body))


def test_open_uploads_are_counted(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S62, S63, S90: the fourth is refused, while another organization can start its first."""
    started = [narrow.start(tenant, workflow) for _ in range(3)]
    answer = narrow.server.post(narrow.path(workflow), key=tenant.key)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert answer.json() == {
        "error": "rate_limit_exceeded",
        "reason": "too_many_uploads",
        "message": "The organization has 3 uploads open, as many as it may. No upload was started. Confirm or cancel "
        "those that are open, or wait until they expire.",
        "retry_after": 60,
    }
    other = make_tenant()
    narrow.start(other, other.workflow(fields=[FILE_FIELD]))
    change(started[0], status="cancelled")
    narrow.start(tenant, workflow)


def test_announced_bytes_are_counted(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S62: bytes count as soon as an upload announces them. 429, because that upload may end."""
    narrow.start(tenant, workflow, file_size_bytes=60 * KIB)
    status, _, message = refusal(narrow, tenant, workflow, file_size_bytes=60 * KIB)
    assert status == 429
    assert message.startswith("The archive would take the organization over its 100.0 KB of storage. No upload was ")
    narrow.start(tenant, workflow, file_size_bytes=30 * KIB)


def test_stored_bytes_leave_no_room(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S84: 422, because waiting does not help."""
    with narrow.worker():
        narrow.process(tenant, workflow, content(40 * KIB))
    narrow.start(tenant, workflow, file_size_bytes=10 * KIB)
    assert refusal(narrow, tenant, workflow, file_size_bytes=70 * KIB) == (
        422,
        "validation_error",
        "The archive would take the organization over its 100.0 KB of storage. No upload was started.",
    )


def test_idle_uploads_of_the_key_make_room(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """The oldest whose link is older than 15 minutes is cancelled, and only when the limit is reached."""
    old, older, new = (narrow.start(tenant, workflow) for _ in range(3))
    for upload, minutes in ((old, 16), (older, 20)):
        age(upload, minutes)
    fourth = narrow.start(tenant, workflow)
    assert [status_of(upload) for upload in (old, older, new, fourth)] == ["pending", "cancelled", "pending", "pending"]
    assert narrow.put(older, archives.flat_files()).status_code == 403
    narrow.start(tenant, workflow)
    assert (status_of(old), refusal(narrow, tenant, workflow)[0]) == ("cancelled", 429)


def test_uploads_that_received_a_byte_stay(
    narrow: Stack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uploads with an archive stay, even an empty one, and so do uploads of other keys."""
    monkeypatch.setattr("pipelines_portal.external_api.uploads.links.MOST_OPEN_UPLOADS", 2)
    stored, broken = narrow.stored(tenant, workflow, archives.flat_files()), narrow.start(tenant, workflow)
    narrow.request("PUT", broken["upload_url"], data=b"", headers={"Content-Type": "application/zip"})
    _, other_key = create_key(tenant.organization, "another", "none", tenant.admin)
    for upload in (stored, broken):
        age(upload, 60)
    assert refusal(narrow, tenant, workflow)[0] == 429
    change(broken, put_at=None)
    assert error_of(narrow.server.post(narrow.path(workflow), key=other_key))[0] == 429
    narrow.start(tenant, workflow)
    assert (status_of(stored), status_of(broken)) == ("pending", "cancelled")


def test_idle_uploads_give_back_what_they_announced(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """None is cancelled if that is not enough."""
    small, large = (narrow.start(tenant, workflow, file_size_bytes=size * KIB) for size in (10, 50))
    age(small, 20)
    assert refusal(narrow, tenant, workflow, file_size_bytes=60 * KIB)[0] == 429
    assert status_of(small) == "pending"
    age(large, 19)
    narrow.start(tenant, workflow, file_size_bytes=60 * KIB)
    assert [status_of(upload) for upload in (small, large)] == ["cancelled", "cancelled"]


def test_storage_that_does_not_show_puts_cancels_nothing(
    narrow: Stack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 shows an archive only when it is complete: any upload may be on its way."""
    monkeypatch.setattr(EmbeddedStorage, "notes_puts", False)
    for _ in range(3):
        age(narrow.start(tenant, workflow), 60)
    assert refusal(narrow, tenant, workflow)[0] == 429


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_upload_in_use_is_not_cancelled(server: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its PUT begins, its row is locked: the next one makes room, or none."""
    monkeypatch.setattr("pipelines_portal.external_api.uploads.links.MOST_OPEN_UPLOADS", 2)
    tenant = make_tenant()
    workflow, stack = tenant.workflow(fields=[FILE_FIELD]), InProcessStack(server, "embedded")
    first, second = (stack.start(tenant, workflow) for _ in range(2))
    for upload, minutes in ((first, 30), (second, 20)):
        age(upload, minutes)
    with transaction.atomic():
        change(first, put_at=timezone.now())
        assert in_threads(lambda: stack.start(tenant, workflow))[0]
    assert [status_of(upload) for upload in (first, second)] == ["pending", "cancelled"]
    assert refusal(stack, tenant, workflow)[0] == 429


def age(started: dict[str, Any], minutes: int) -> None:
    upload, ago = Upload.objects.get(pk=started["upload_id"]), timedelta(minutes=minutes)
    change(started, created_at=upload.created_at - ago, expires_at=upload.expires_at - ago)


def status_of(started: dict[str, Any]) -> str:
    return Upload.objects.get(pk=started["upload_id"]).status


def test_bytes_that_were_not_announced_are_refused_by_the_put(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S155: 507 if the Content-Length is too large beside the other archives. A replaced archive does not count."""
    first, second = (narrow.start(tenant, workflow) for _ in range(2))
    for _ in range(2):
        assert narrow.put(first, content(60 * KIB)).status_code == 200
    refused = narrow.put(second, content(60 * KIB))
    assert (refused.status_code, refused.text) == (
        507,
        "The archive would take the organization over its 100.0 KB of storage.",
    )
    assert narrow.put(second, content(20 * KIB)).status_code == 200


def test_unpacked_files_are_counted(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S167: an upload fails if its files do not fit beside its archive. Later only the files of tasks count."""
    with narrow.worker():
        failed = narrow.process(tenant, workflow, content(70 * KIB))
        assert failed["error_message"] == "The archive would take the organization over its 100.0 KB of storage."
        assert (failed["status"], failed["success_count"], failed["task_ids"]) == ("failed", 0, [])
        made = narrow.process(tenant, workflow, content(40 * KIB))
    assert made["status"] == "completed"
    assert list(narrow.objects(made)) == [f"files/{made['upload_id']}/0"]
    counted = {str(pk): size for pk, size in Upload.objects.values_list("pk", "kept_bytes")}
    assert counted == {failed["upload_id"]: 0, made["upload_id"]: 40 * KIB}
    started = narrow.start(tenant, workflow)
    assert narrow.put(started, content(70 * KIB)).status_code == 507


def test_a_full_disk_is_reported(stack: Stack, tenant: Tenant, workflow: Any, settings: Any) -> None:
    """S87, S155: 507 for a PUT, and 503 for confirming an archive that is stored. The upload stays pending."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    settings.STORAGE_FREE_BYTES = 10**18
    refused = stack.put(started, archives.flat_files())
    assert (refused.status_code, refused.text) == (507, "The archive could not be stored: the storage has no room.")
    status, code, message = error_of(stack.confirm(tenant, workflow, started))
    assert (status, code) == (503, "service_unavailable")
    assert message == "The storage has no room to unpack the archive. The upload is still pending; try again later."
    assert stack.status(tenant, workflow, started)["status"] == "pending"
