"""A body of more than 256 kB is read only after the program has decided who sends it."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant
from tests.external_api.server import Server
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.raw_puts import answer_on

TASKS = "/api/v1/workflows/1/tasks"
ARCHIVE = "/storage/archives/11111111-1111-4111-8111-111111111111.zip?signature=made-up&expires=9999999999"
MADE_UP = "X-API-Key: pk_live_0000000000000000000000000000000000000000\r\n"


@contextmanager
def unfinished(
    server: Server, count: int, line: str, headers: str = "", begun: bytes = b"{"
) -> Iterator[list[socket.socket]]:
    """Open `count` connections, each with the beginning of a request whose body does not arrive."""
    url = urlsplit(server.url)
    head = f"{line} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n{headers}\r\n".encode()
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection((url.hostname, url.port), timeout=30)) for _ in range(count)
        ]
        for connection in connections:
            connection.sendall(head + begun)
        yield connections


def large_batch(tenant: Tenant) -> tuple[str, bytes]:
    workflow = tenant.workflow()
    rows = [{"fields": {"input_text": "x" * 15_000, "target_language": "French"}} for _ in range(100)]
    return f"/workflows/{workflow.pk}/tasks", json.dumps({"tasks": rows}).encode()


@pytest.mark.parametrize("headers", ["", MADE_UP])
def test_unfinished_large_bodies_without_a_valid_key_hold_nobody_up(
    server: Server, tenant: Tenant, headers: str
) -> None:
    path, batch = large_batch(tenant)
    with unfinished(server, 40, f"POST {TASKS}", f"Content-Length: 20000000\r\n{headers}"):
        began = time.monotonic()
        answer = server.post(path, key=tenant.key, data=batch)
        while answer.status_code == 503 and time.monotonic() - began < 5:  # the same address has sent the others
            time.sleep(0.2)
            answer = server.post(path, key=tenant.key, data=batch)
        assert answer.status_code == 200, answer.text
        assert time.monotonic() - began < 8


def test_refusal_of_a_large_body_does_not_wait_for_it(server: Server) -> None:
    with unfinished(server, 1, f"POST {TASKS}", f"Content-Length: 20000000\r\n{MADE_UP}") as [connection]:
        began = time.monotonic()
        assert connection.recv(4096).split(b" ")[1] == b"401"
        assert time.monotonic() - began < 4


def test_body_in_chunks_without_a_valid_key_is_not_read(server: Server) -> None:
    chunk = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
    with unfinished(server, 1, f"POST {TASKS}", f"Transfer-Encoding: chunked\r\n{MADE_UP}", chunk) as [connection]:
        assert connection.recv(4096).split(b" ")[1] == b"401"


def test_body_in_chunks_that_breaks_off_creates_nothing(server: Server, tenant: Tenant) -> None:
    """Even if all of its JSON has arrived."""
    path, batch = large_batch(tenant)
    chunk = f"{len(batch):x}\r\n".encode() + batch + b"\r\n"
    headers = f"Transfer-Encoding: chunked\r\nX-API-Key: {tenant.key}\r\n"
    with unfinished(server, 1, f"POST /api/v1{path}", headers, chunk) as [connection]:
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(4096).split(b" ")[1] == b"400"


def test_pages_accept_no_large_body(server: Server) -> None:
    with unfinished(server, 1, "POST /sign-in", "Content-Length: 300000\r\nCookie: sessionid=x\r\n") as [connection]:
        assert connection.recv(4096).split(b" ")[1] == b"413"


def test_archives_with_wrong_signatures_do_not_hold_up_the_next(server: Server) -> None:
    with unfinished(server, 150, f"PUT {ARCHIVE}", "Content-Length: 20000000\r\n", b"PK"):
        began = time.monotonic()
        status = b"503"  # while the same address has as many as one may have
        while status == b"503":
            with unfinished(server, 1, f"PUT {ARCHIVE}", "Content-Length: 20000000\r\n", b"PK") as [connection]:
                status = connection.recv(4096).split(b" ")[1]
        assert status == b"403"
        assert time.monotonic() - began < 6


def test_archive_path_with_two_slashes_is_an_archive(server: Server) -> None:
    """The program removes a leading slash; so a large body of that path is refused as an archive, by its signature."""
    with unfinished(server, 1, f"PUT /{ARCHIVE}", "Content-Length: 2000000\r\n", b"PK") as [connection]:
        assert connection.recv(4096).split(b" ")[1] == b"403"


def test_one_address_has_few_large_requests_at_once(run_server: RunServer, tenant: Tenant) -> None:
    """The others are answered 503, so that they may try again. Behind one address may be a whole office."""
    path, _ = large_batch(tenant)
    with (
        run_server() as server,
        unfinished(
            server, 30, f"POST /api/v1{path}", f"Content-Length: 20000000\r\nX-API-Key: {tenant.key}\r\n"
        ) as connections,
    ):
        connections[-1].settimeout(5)
        answer = connections[-1].recv(4096)
        assert answer.split(b" ")[1] == b"503"
        assert b"Retry-After: " in answer
        assert server.get("/health").status_code == 200


def test_client_that_is_still_sending_reads_its_answer(server: Server) -> None:
    answer = server.post("/workflows/1/tasks", key="pk_live_" + "0" * 40, data=b" " * 30_000_000)
    assert error_of(answer)[0] == 401


def test_http_0_9_is_refused(server: Server) -> None:
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        connection.sendall(b"GET /api/v1/health HTTP/0.9\r\nHost: localhost\r\n\r\n")
        assert b" 400 " in answer_on(connection)
