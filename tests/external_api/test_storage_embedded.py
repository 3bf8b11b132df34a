"""What only the embedded storage must see to by itself: broken uploads, slow senders, memory, confirm."""

import io
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from django.test import RequestFactory

from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import EmbeddedLocation
from pipelines_portal.external_api.storage.put_view import stored_archive
from tests import archives
from tests.external_api.conftest import RunServer
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.raw_puts import STORAGE, eventually, is_there, open_put, unfinished
from tests.external_api.server import Server
from tests.external_api.uploads import Stack, peak_memory

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def embedded(run_server: RunServer) -> Iterator[Stack]:
    env = {"STORAGE_STALL_SECONDS": "3", "STORAGE_CONCURRENT_UPLOADS": "3", "MAX_ARCHIVE_BYTES": str(300 * MIB)}
    with run_server(**env) as server:
        yield Stack(server, env, "embedded")


@pytest.fixture
def started(embedded: Stack, tenant: Tenant) -> dict[str, Any]:
    return embedded.start(tenant, tenant.workflow(fields=[FILE_FIELD]))


@pytest.fixture(autouse=True)
def nothing_left_by_killed_workers() -> None:
    """Other tests kill workers in the middle of a file; the sweep would remove what they left, in an hour."""
    for path in unfinished():
        path.unlink()


def test_a_body_that_breaks_off_leaves_nothing(embedded: Stack, started: dict[str, Any]) -> None:
    """S158: neither an object nor the part that came."""
    with open_put(started, 5 * MIB) as connection:
        connection.sendall(bytes(2 * MIB))
        assert eventually(unfinished), "the part on its way is on disk"
    assert eventually(lambda: not unfinished())
    assert not is_there(started)


def test_a_body_that_breaks_off_spares_the_one_before(embedded: Stack, started: dict[str, Any]) -> None:
    """S141: what was stored whole stays."""
    assert embedded.put(started, archives.flat_files()).status_code == 200
    with open_put(started, 5 * MIB) as connection:
        connection.sendall(bytes(2 * MIB))
        assert eventually(unfinished)
    assert eventually(lambda: not unfinished())
    assert (STORAGE / "archives" / f"{started['upload_id']}.zip").read_bytes() == archives.flat_files()


def test_a_silent_sender_is_let_go(embedded: Stack, started: dict[str, Any]) -> None:
    """S158: it holds a thread of the server for STORAGE_STALL_SECONDS at most."""
    with open_put(started, 5 * MIB) as connection:
        connection.sendall(bytes(1000))
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ") and b"came too slowly" in answer
    assert not is_there(started) and not unfinished()


def test_uploads_leave_threads_for_the_api(embedded: Stack, tenant: Tenant) -> None:
    """S71: beyond STORAGE_CONCURRENT_UPLOADS an upload is asked to come again, and the API answers all along."""
    tenants = (tenant, tenant, make_tenant(), make_tenant())
    uploads = [embedded.start(each, each.workflow(fields=[FILE_FIELD])) for each in tenants]
    connections = [open_put(upload, 5 * MIB) for upload in uploads[:3]]
    try:
        for connection in connections:
            connection.sendall(bytes(1000))
        assert eventually(lambda: len(unfinished()) == 3)
        refused = embedded.put(uploads[3], archives.flat_files())
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert embedded.server.get("/health").status_code == 200
    finally:
        for connection in connections:
            connection.close()
    assert eventually(lambda: not unfinished())
    assert embedded.put(uploads[3], archives.flat_files()).status_code == 200


def test_what_is_stored_is_for_the_program_alone(embedded: Stack, started: dict[str, Any]) -> None:
    """S71: nobody else on the machine reads archives."""
    assert embedded.put(started, archives.flat_files()).status_code == 200
    stored = STORAGE / "archives" / f"{started['upload_id']}.zip"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (stored, *stored.parents[:2], STORAGE / "unfinished")]
    assert modes == [0o600, 0o700, 0o700, 0o700]


def test_the_folder_for_all_archives_outlives_the_last_one(tmp_path: Path) -> None:
    """S71: another process may be about to put one into it."""
    storage = EmbeddedStorage(EmbeddedLocation(tmp_path))
    for name in ("archives/1.zip", "files/1/0"):
        storage.save(name, io.BytesIO(b"x"))
        storage.delete(name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archives", "files", "unfinished"]
    assert list((tmp_path / "files").iterdir()) == []


def test_a_length_must_be_given_and_be_bearable(embedded: Stack, started: dict[str, Any]) -> None:
    """S155: 411 and 413, before a byte is stored."""
    with open_put(started, None) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 411 ")
    with open_put(started, 300 * MIB + 1) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")
    assert not is_there(started)


def test_a_large_body_goes_to_disk_not_to_memory(embedded: Stack, started: dict[str, Any], tmp_path: Path) -> None:
    """S70, S156: 256 MiB come in while the server grows by less than 32 MiB."""
    before = server_memory(embedded.server)
    with (tmp_path / "large.zip").open("w+b") as large:
        large.truncate(256 * MIB)
        assert embedded.put(started, large).status_code == 200
    assert (STORAGE / "archives" / f"{started['upload_id']}.zip").stat().st_size == 256 * MIB
    assert server_memory(embedded.server) - before < 32 * MIB


def server_memory(server: Server) -> int:
    """The most that any process of the server ever held."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return max(peak_memory(int(pid)) for pid in [server.process.pid, *children])


@pytest.mark.parametrize("status", ["processing", "completed", "cancelled"])
def test_after_confirm_nothing_is_taken(embedded: Stack, started: dict[str, Any], status: str) -> None:
    """S160: what was confirmed is what is processed; also for a PUT that began before."""
    assert embedded.put(started, archives.flat_files()).status_code == 200
    with open_put(started, 10) as connection:
        connection.sendall(b"12345")
        assert eventually(unfinished)
        Upload.objects.filter(pk=started["upload_id"]).update(status=status)
        connection.sendall(b"67890")
        assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")
    assert embedded.put(started, b"another").status_code == 403
    assert (STORAGE / "archives" / f"{started['upload_id']}.zip").read_bytes() == archives.flat_files()


def test_names_outside_are_not_even_routed(embedded: Stack) -> None:
    """S71: the only names there are, are upload ids."""
    for path in ("/storage/archives/../../etc/passwd", "/storage/files/x/0", "/storage/archives/x.zip", "/storage/"):
        answer = requests.put(embedded.server.url + path, b"x", headers={"Content-Type": "application/zip"}, timeout=30)
        assert answer.status_code == 404


def test_the_url_can_name_another_address(run_server: RunServer, tenant: Tenant) -> None:
    """S141: STORAGE_PUBLIC_URL, for browsers that reach the server by another name than the portal does."""
    with run_server(STORAGE_PUBLIC_URL="https://uploads.example.com/") as server:
        started = Stack(server, {}, "embedded").start(tenant, tenant.workflow(fields=[FILE_FIELD]))
    assert started["upload_url"].startswith("https://uploads.example.com/storage/archives/")


def test_a_server_that_hands_out_no_socket_will_do(started: dict[str, Any]) -> None:
    """S71, S141: one that takes a body in before it calls the view: stored as ever, what ends early is refused."""
    url = started["upload_url"].partition("/storage/")[2]
    factory = RequestFactory()
    short = {"CONTENT_TYPE": "application/zip", "CONTENT_LENGTH": "10", "wsgi.input": io.BytesIO(b"12345")}
    cut = factory.put(f"/storage/{url}", **short)
    whole = factory.put(f"/storage/{url}", archives.flat_files(), content_type="application/zip")
    answers = [stored_archive(request, UUID(started["upload_id"])).status_code for request in (cut, whole)]
    assert answers == [400, 200]
    assert is_there(started)
