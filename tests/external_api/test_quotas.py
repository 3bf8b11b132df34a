"""What an organization may take of the storage, and what the disk must keep."""

import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from pipelines_portal.external_api.models import Upload
from tests import archives
from tests.external_api.answers import error_of
from tests.external_api.conftest import RunServer
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.uploads import Stack, working
from tests.live import wait_until

KIB = 1024
EXABYTE = 10**18
QUOTA = {"ORGANIZATION_STORAGE_BYTES": str(100 * KIB), "ORGANIZATION_OPEN_UPLOADS": "3"}


@pytest.fixture(scope="module")
def narrow(run_server: RunServer, database: str) -> Iterator[Stack]:
    """100 KiB and three uploads under way for each organization."""
    env = {"EXTERNAL_API_DATABASE_URL": database} | QUOTA
    with run_server(**env) as server:
        yield Stack(server, env, "embedded")


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def content(size: int) -> bytes:
    """An archive of about `size` bytes, which do not pack."""
    return archives.archive([("a.bin", bytes(range(256)) * (size // 256))], zipfile.ZIP_STORED)


def refusal(stack: Stack, tenant: Tenant, workflow: Any, **body: Any) -> tuple[int, str, str]:
    return error_of(stack.server.post(stack.path(workflow), key=tenant.key, json=body))


def test_uploads_under_way_are_counted(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S84, S90: the fourth is told why, and another organization's first is not touched."""
    started = [narrow.start(tenant, workflow) for _ in range(3)]
    status, code, message = refusal(narrow, tenant, workflow)
    assert (status, code) == (422, "validation_error")
    assert message.startswith("The organization has 3 uploads open, as many as it may. No upload was started.")
    other = make_tenant()
    narrow.start(other, other.workflow(fields=[FILE_FIELD]))
    Upload.objects.filter(pk=started[0]["upload_id"]).update(status="cancelled")
    narrow.start(tenant, workflow)


def test_announced_bytes_are_counted(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S84: what was announced and not yet sent too."""
    narrow.start(tenant, workflow, file_size_bytes=60 * KIB)
    message = refusal(narrow, tenant, workflow, file_size_bytes=60 * KIB)[2]
    assert message == "The archive would take the organization over its 100.0 KB of storage. No upload was started."
    narrow.start(tenant, workflow, file_size_bytes=30 * KIB)


def test_what_was_not_announced_is_refused_when_it_comes(narrow: Stack, tenant: Tenant, workflow: Any) -> None:
    """S155: 507, by the length that the PUT announces; what was stored before counts, the archive itself once."""
    first, second = (narrow.start(tenant, workflow) for _ in range(2))
    for _ in range(2):
        assert narrow.put(first, content(60 * KIB)).status_code == 200
    refused = narrow.put(second, content(60 * KIB))
    assert (refused.status_code, refused.text) == (
        507,
        "The archive would take the organization over its 100.0 KB of storage.",
    )
    assert narrow.put(second, content(20 * KIB)).status_code == 200


def test_unpacked_files_are_counted_and_kept_ones_stay_so(
    narrow: Stack, tenant: Tenant, workflow: Any, tmp_path: Any
) -> None:
    """S167: an archive that fits fails when its files do not fit beside it; afterwards nothing of it counts."""
    with working(tmp_path / "log", **narrow.env):
        failed = narrow.process(tenant, workflow, content(70 * KIB))
        assert failed["error_message"] == "The archive would take the organization over its 100.0 KB of storage."
        assert (failed["status"], failed["success_count"], failed["task_ids"]) == ("failed", 0, [])
        made = narrow.process(tenant, workflow, content(40 * KIB))
        assert made["status"] == "completed"
        assert narrow.objects_in_the_end(made)
        # A moment after the archive is gone.
        for upload, kept in ((failed, 0), (made, 40 * KIB)):
            counted = Upload.objects.filter(pk=upload["upload_id"], kept_bytes=kept)
            wait_until(counted.exists, f"{kept} bytes to count")
        started = narrow.start(tenant, workflow)
        assert narrow.put(started, content(70 * KIB)).status_code == 507


def test_a_full_disk_is_told_before_the_body(
    run_server: RunServer, database: str, tenant: Tenant, workflow: Any
) -> None:
    """S87, S155: 507 for the PUT, 503 for the confirm of what is there already; the upload stays pending."""
    env = {"EXTERNAL_API_DATABASE_URL": database}
    with run_server(**env) as server:
        started = Stack(server, env, "embedded").stored(tenant, workflow, archives.flat_files())
    with run_server(**env, STORAGE_FREE_BYTES=str(EXABYTE)) as server:
        full = Stack(server, env, "embedded")
        started["upload_url"] = server.url + urlsplit(started["upload_url"])._replace(scheme="", netloc="").geturl()
        refused = full.put(started, archives.flat_files())
        assert (refused.status_code, refused.text) == (
            507,
            "The archive could not be stored: the storage has no room.",
        )
        status, code, message = error_of(full.confirm(tenant, workflow, started))
        assert (status, code) == (503, "service_unavailable")
        assert message == "The storage has no room to unpack the archive. The upload is still pending; try again later."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORAGE_CONCURRENT_UPLOADS", "0"),
        ("ORGANIZATION_OPEN_UPLOADS", "-1"),
        ("STORAGE_LEAST_BYTES_PER_SECOND", "nan"),
        ("BODY_SECONDS", "nan"),
    ],
)
def test_numbers_that_make_no_sense_stop_the_start(run_server: RunServer, name: str, value: str) -> None:
    """S65: with a sentence."""
    with pytest.raises(AssertionError, match=f"{name} must be a number"), run_server(**{name: value}):
        pass
