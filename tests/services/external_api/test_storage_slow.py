"""Archives that arrive too slowly, too late or twice, and do not keep others from being stored."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import EmbeddedLocation
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.raw_puts import (
    STORAGE,
    answer_on,
    dripping,
    eventually,
    is_stored,
    open_put,
    unfinished,
)
from tests.services.external_api.workers import ServedStack

MIB = 1024 * 1024
PATIENT = {"STORAGE_STALL_SECONDS": "600"}
FAST = {"STORAGE_LEAST_BYTES_PER_SECOND": str(256 * 1024)}


@pytest.fixture(autouse=True)
def nothing_unfinished() -> None:
    for path in unfinished():
        path.unlink()


def start(stack: ServedStack, tenant: Tenant) -> dict[str, Any]:
    return stack.start(tenant, tenant.workflow(fields=[FILE_FIELD]))


def test_slow_uploads_make_room_for_others(run_server: RunServer, tenant: Tenant) -> None:
    """S71: four slow PUTs of four organizations take no place that another one needs."""
    with run_server(**PATIENT, **FAST) as server:
        stack = ServedStack(server, "embedded", {})
        uploads = [start(stack, make_tenant()) for _ in range(4)]
        mine = start(stack, tenant)
        with dripping([open_put(upload, 5 * MIB) for upload in uploads]):
            assert eventually(lambda: len(unfinished()) == 4)
            time.sleep(1.5)
            assert stack.put(mine, archives.flat_files()).status_code == 200


def test_one_organization_cannot_take_all_places(run_server: RunServer, tenant: Tenant) -> None:
    """S71: an archive of another organization is accepted immediately."""
    with run_server(**PATIENT, STORAGE_LEAST_BYTES_PER_SECOND="1") as server:
        stack = ServedStack(server, "embedded", {})
        uploads = [start(stack, tenant) for _ in range(4)]
        with dripping([open_put(upload, 5 * MIB) for upload in uploads[:3]]):
            assert eventually(lambda: len(unfinished()) == 3)
            assert stack.put(uploads[3], archives.flat_files()).status_code == 503
            assert stack.put(start(stack, make_tenant()), archives.flat_files()).status_code == 200


def test_a_slow_upload_is_ended_although_nobody_waits(run_server: RunServer, tenant: Tenant) -> None:
    """S158: a few bytes each second are not enough."""
    with run_server(STORAGE_STALL_SECONDS="2", **FAST) as server:
        started = start(ServedStack(server, "embedded", {}), tenant)
        connection = open_put(started, 5 * MIB)
        with dripping([connection]):
            answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 408 ") and b"too slowly" in answer
    assert not is_stored(started)


def test_a_url_accepts_one_request_at_a_time(run_server: RunServer, tenant: Tenant) -> None:
    """S141: a second request gets 503. After the end of the first it can replace the archive."""
    with run_server(**PATIENT) as server:
        stack = ServedStack(server, "embedded", {})
        started = start(stack, tenant)
        with open_put(started, 5 * MIB) as connection:
            connection.sendall(bytes(1000))
            assert eventually(unfinished)
            refused = stack.put(started, archives.flat_files())
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert refused.text == "Another request is sending this archive; try again when it has ended."
        assert eventually(lambda: not unfinished())
        assert stack.put(started, archives.flat_files()).status_code == 200


def test_an_upload_that_ends_long_after_the_expiry_is_not_stored(run_server: RunServer, tenant: Tenant) -> None:
    """S142: it began in time, but did not end before the grace period was over."""
    with run_server(**PATIENT, UPLOAD_GRACE_SECONDS="0") as server:
        started = start(ServedStack(server, "embedded", {}), tenant)
        storage, soon = EmbeddedStorage(EmbeddedLocation(STORAGE)), timezone.now() + timedelta(seconds=3)
        link = storage.upload_url(archive_name(started["upload_id"]), soon, server.url)
        with open_put({"upload_url": link}, 10) as connection:
            connection.sendall(b"12345")
            answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert not is_stored(started)


def test_a_refused_put_does_not_wait_for_its_body(run_server: RunServer, tenant: Tenant) -> None:
    """S160: nothing of the archive is written to the disk."""
    with run_server(**PATIENT, MAX_ARCHIVE_BYTES=str(100 * MIB), ORGANIZATION_STORAGE_BYTES=str(50 * MIB)) as server:
        stack = ServedStack(server, "embedded", {})
        started = start(stack, tenant)
        refused = stack.put(started, bytes(60 * MIB))
        assert refused.status_code == 507
        assert refused.text == "The archive would take the organization over its 50.0 MB of storage."
        assert not is_stored(started)
        assert stack.put(started, archives.flat_files()).status_code == 200
