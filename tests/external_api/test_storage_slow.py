"""Archives that come too slowly, too late or twice: what the embedded storage does so that others get through."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import EmbeddedLocation
from tests import archives
from tests.external_api.conftest import RunServer
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.raw_puts import STORAGE, answer_on, dripping, eventually, is_there, open_put, unfinished
from tests.external_api.uploads import Stack

MIB = 1024 * 1024
PATIENT = {"STORAGE_STALL_SECONDS": "600"}
FAST = {"STORAGE_LEAST_BYTES_PER_SECOND": str(256 * 1024)}


@pytest.fixture(autouse=True)
def nothing_unfinished() -> None:
    for path in unfinished():
        path.unlink()


def start(stack: Stack, tenant: Tenant) -> dict[str, Any]:
    return stack.start(tenant, tenant.workflow(fields=[FILE_FIELD]))


def test_those_who_only_drip_do_not_keep_others_out(run_server: RunServer, tenant: Tenant) -> None:
    """S71: four dripping PUTs of four organizations hold no place that anyone else wants."""
    with run_server(**PATIENT, **FAST) as server:
        stack = Stack(server, {}, "embedded")
        uploads = [start(stack, make_tenant()) for _ in range(4)]
        mine = start(stack, tenant)
        with dripping([open_put(upload, 5 * MIB) for upload in uploads]):
            assert eventually(lambda: len(unfinished()) == 4)
            time.sleep(1.5)
            assert stack.put(mine, archives.flat_files()).status_code == 200


def test_one_organization_leaves_a_place_to_the_others(run_server: RunServer, tenant: Tenant) -> None:
    """S71: dripping or not, another organization's archive is taken at once."""
    with run_server(**PATIENT, STORAGE_LEAST_BYTES_PER_SECOND="1") as server:
        stack = Stack(server, {}, "embedded")
        uploads = [start(stack, tenant) for _ in range(4)]
        with dripping([open_put(upload, 5 * MIB) for upload in uploads[:3]]):
            assert eventually(lambda: len(unfinished()) == 3)
            assert stack.put(uploads[3], archives.flat_files()).status_code == 503
            assert stack.put(start(stack, make_tenant()), archives.flat_files()).status_code == 200


def test_a_dripper_is_let_go_though_nobody_waits(run_server: RunServer, tenant: Tenant) -> None:
    """S158: a byte now and then is not enough."""
    with run_server(STORAGE_STALL_SECONDS="2", **FAST) as server:
        started = start(Stack(server, {}, "embedded"), tenant)
        connection = open_put(started, 5 * MIB)
        with dripping([connection]):
            answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 408 ") and b"too slowly" in answer
    assert not is_there(started)


def test_a_link_is_sent_by_one_request_at_a_time(run_server: RunServer, tenant: Tenant) -> None:
    """S141: a second is asked to come again; when the first has ended it may overwrite."""
    with run_server(**PATIENT) as server:
        stack = Stack(server, {}, "embedded")
        started = start(stack, tenant)
        with open_put(started, 5 * MIB) as connection:
            connection.sendall(bytes(1000))
            assert eventually(unfinished)
            refused = stack.put(started, archives.flat_files())
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert refused.text == "Another request is sending this archive; try again when it has ended."
        assert eventually(lambda: not unfinished())
        assert stack.put(started, archives.flat_files()).status_code == 200


def test_what_goes_on_long_after_the_expiry_is_not_stored(run_server: RunServer, tenant: Tenant) -> None:
    """S142: begun in time, but not ended when the grace after the link's expiry is over."""
    with run_server(**PATIENT, UPLOAD_GRACE_SECONDS="0") as server:
        started = start(Stack(server, {}, "embedded"), tenant)
        storage, soon = EmbeddedStorage(EmbeddedLocation(STORAGE)), timezone.now() + timedelta(seconds=3)
        link = storage.upload_url(archive_name(started["upload_id"]), soon, server.url)
        with open_put({"upload_url": link}, 10) as connection:
            connection.sendall(b"12345")
            answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert not is_there(started)


def test_a_refused_put_does_not_wait_for_its_body(run_server: RunServer, tenant: Tenant) -> None:
    """S160: nothing of an archive that must not be stored comes to the disk."""
    with run_server(**PATIENT, MAX_ARCHIVE_BYTES=str(100 * MIB), ORGANIZATION_STORAGE_BYTES=str(50 * MIB)) as server:
        stack = Stack(server, {}, "embedded")
        started = start(stack, tenant)
        refused = stack.put(started, bytes(60 * MIB))
        assert refused.status_code == 507
        assert refused.text == "The archive would take the organization over its 50.0 MB of storage."
        assert not is_there(started)
        assert stack.put(started, archives.flat_files()).status_code == 200
