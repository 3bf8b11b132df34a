"""The embedded storage over sockets: broken uploads, silent clients, many uploads at once, memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.external_api.models import Upload
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant, make_tenant
from tests.external_api.server import Server
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.raw_puts import STORAGE, eventually, is_stored, open_put, unfinished
from tests.services.external_api.workers import ServedStack, peak_memory

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def embedded(run_server: RunServer) -> Iterator[ServedStack]:
    env = {
        "STORAGE_STALL_SECONDS": "3",
        "STORAGE_LEAST_BYTES_PER_SECOND": str(64 * 1024),
        "STORAGE_CONCURRENT_UPLOADS": "3",
        "MAX_ARCHIVE_BYTES": str(300 * MIB),
    }
    with run_server(**env) as server:
        yield ServedStack(server, "embedded", env)


@pytest.fixture
def started(embedded: ServedStack, tenant: Tenant) -> dict[str, Any]:
    return embedded.start(tenant, tenant.workflow(fields=[FILE_FIELD]))


@pytest.fixture(autouse=True)
def no_unfinished_files() -> None:
    """Delete what killed workers of other tests left: the sweep would do so after an hour."""
    for path in unfinished():
        path.unlink()


def test_a_body_that_breaks_off_leaves_nothing(embedded: ServedStack, started: dict[str, Any]) -> None:
    """S158: neither an archive nor the part that arrived."""
    with open_put(started, 5 * MIB) as connection:
        connection.sendall(bytes(2 * MIB))
        assert eventually(unfinished), "the part that has arrived is on disk"
    assert eventually(lambda: not unfinished())
    assert not is_stored(started)


def test_a_body_that_breaks_off_does_not_replace_an_archive(embedded: ServedStack, started: dict[str, Any]) -> None:
    """S141: the archive that is stored stays."""
    assert embedded.put(started, archives.flat_files()).status_code == 200
    with open_put(started, 5 * MIB) as connection:
        connection.sendall(bytes(2 * MIB))
        assert eventually(unfinished)
    assert eventually(lambda: not unfinished())
    assert (STORAGE / "archives" / f"{started['upload_id']}.zip").read_bytes() == archives.flat_files()


def test_a_silent_client_is_disconnected(embedded: ServedStack, started: dict[str, Any]) -> None:
    """S158: it occupies a thread of the server for STORAGE_STALL_SECONDS at most."""
    with open_put(started, 5 * MIB) as connection:
        connection.sendall(bytes(1000))
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408 ") and b"came too slowly" in answer
    assert not is_stored(started) and not unfinished()


def test_uploads_leave_threads_for_the_api(embedded: ServedStack, tenant: Tenant) -> None:
    """S71: more uploads than STORAGE_CONCURRENT_UPLOADS get 503, and the API still answers."""
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


@pytest.mark.full
def test_a_content_length_is_required_and_limited(embedded: ServedStack, started: dict[str, Any]) -> None:
    """S155: 411 and 413, before anything is stored."""
    with open_put(started, None) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 411 ")
    with open_put(started, 300 * MIB + 1) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")
    assert not is_stored(started)


def test_a_large_body_is_not_read_into_memory(embedded: ServedStack, started: dict[str, Any], tmp_path: Path) -> None:
    """S70, S156: the server grows by less than 32 MiB while it receives 256 MiB."""
    before = server_memory(embedded.server)
    with (tmp_path / "large.zip").open("w+b") as large:
        large.truncate(256 * MIB)
        assert embedded.put(started, large).status_code == 200
    assert (STORAGE / "archives" / f"{started['upload_id']}.zip").stat().st_size == 256 * MIB
    assert server_memory(embedded.server) - before < 32 * MIB


def server_memory(server: Server) -> int:
    """Return the most memory that any process of the server ever had."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return max(peak_memory(int(pid)) for pid in [server.process.pid, *children])


@pytest.mark.parametrize("status", ["processing", "completed", "cancelled"])
def test_nothing_is_accepted_after_confirm(embedded: ServedStack, started: dict[str, Any], status: str) -> None:
    """S160: neither a new PUT nor one that began before."""
    assert embedded.put(started, archives.flat_files()).status_code == 200
    with open_put(started, 10) as connection:
        connection.sendall(b"12345")
        assert eventually(unfinished)
        Upload.objects.filter(pk=started["upload_id"]).update(status=status)
        connection.sendall(b"67890")
        assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")
    assert embedded.put(started, b"another").status_code == 403
    assert (STORAGE / "archives" / f"{started['upload_id']}.zip").read_bytes() == archives.flat_files()
