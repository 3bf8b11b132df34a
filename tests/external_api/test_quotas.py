"""How much of the storage an organization may use, and how much of the disk must stay free."""

import zipfile
from typing import Any

import pytest

from pipelines_portal.external_api.models import Upload
from tests import archives
from tests.external_api.answers import error_of
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.uploads import Stack, change

KIB = 1024


@pytest.fixture
def narrow(stack: Stack, settings: Any) -> Stack:
    """100 KiB and three open uploads for each organization."""
    settings.ORGANIZATION_STORAGE_BYTES, settings.ORGANIZATION_OPEN_UPLOADS = 100 * KIB, 3
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
    """S84, S90: the fourth is refused, while another organization can start its first."""
    started = [narrow.start(tenant, workflow) for _ in range(3)]
    status, code, message = refusal(narrow, tenant, workflow)
    assert (status, code) == (422, "validation_error")
    assert message.startswith("The organization has 3 uploads open, as many as it may. No upload was started.")
    other = make_tenant()
    narrow.start(other, other.workflow(fields=[FILE_FIELD]))
    change(started[0], status="cancelled")
    narrow.start(tenant, workflow)


def test_announced_bytes_are_counted(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S84: bytes count as soon as an upload announces them."""
    narrow.start(tenant, workflow, file_size_bytes=60 * KIB)
    message = refusal(narrow, tenant, workflow, file_size_bytes=60 * KIB)[2]
    assert message == "The archive would take the organization over its 100.0 KB of storage. No upload was started."
    narrow.start(tenant, workflow, file_size_bytes=30 * KIB)


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
