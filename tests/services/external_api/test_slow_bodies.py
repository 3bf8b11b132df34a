"""Bodies that do not arrive: a thread waits for them for a limited time."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.server import Server
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.raw_puts import answer_on, dripping

THREADS = 20
ANNOUNCED = "Content-Length: 1000000\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def impatient(run_server: RunServer) -> Iterator[Server]:
    with run_server(BODY_SECONDS="2") as running:
        yield running


def open_post(server: Server, path: str, framing: str, key: str = "") -> socket.socket:
    url = urlsplit(server.url)
    connection = socket.create_connection((url.hostname, url.port), timeout=60)
    head = f"POST {path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n{framing}"
    connection.sendall((head + (f"X-API-Key: {key}\r\n" if key else "") + "\r\n").encode())
    connection.sendall(b"100000\r\n" if framing == CHUNKED else b'{"')
    return connection


@pytest.mark.parametrize("framing", [ANNOUNCED, CHUNKED])
@pytest.mark.parametrize("path", ["/api/v1/workflows/1/tasks", "/sign-in"])
def test_as_many_slow_clients_as_threads_do_not_stop_the_server(impatient: Server, path: str, framing: str) -> None:
    """S3: the health check is answered when their time is over."""
    with dripping([open_post(impatient, path, framing) for _ in range(THREADS)]):
        time.sleep(0.5)
        assert impatient.get("/health").status_code == 200


@pytest.mark.parametrize("framing", ["Content-Length: 1000\r\n", ANNOUNCED, CHUNKED, "Content-Length: 20000000\r\n"])
def test_a_body_that_does_not_arrive_in_time_is_refused(impatient: Server, tenant: Tenant, framing: str) -> None:
    """S83: 408, whether the server or the program waits for the body. Nothing is created."""
    workflow = tenant.workflow()
    connection = open_post(impatient, f"/api/v1/workflows/{workflow.pk}/tasks", framing, tenant.key)
    with dripping([connection]):
        answer = answer_on(connection)
    assert answer.split(b" ")[1] == b"408"
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "api_error"
    assert not workflow.tasks.exists()


@pytest.mark.full
def test_a_header_that_does_not_end_is_refused(impatient: Server) -> None:
    url = urlsplit(impatient.url)
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        connection.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: ")
        assert b" 408 " in answer_on(connection)


def test_a_key_s_unfinished_bodies_do_not_hold_up_another_organization(run_server: RunServer, tenant: Tenant) -> None:
    other = make_tenant()
    workflow = other.workflow()
    tasks = {"tasks": [{"input_text": "x" * 1000}] * 400}
    with run_server() as running, ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(open_post(running, "/api/v1/workflows/1/tasks", ANNOUNCED, tenant.key))
        time.sleep(0.5)
        began = time.monotonic()
        answer = running.post(f"/api/v1/workflows/{workflow.pk}/tasks", key=other.key, json=tasks)
        assert answer.status_code != 503, answer.text
        assert time.monotonic() - began < 5
