"""A call ends at its deadline, whatever the server does, and says whether its request was sent."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines_portal.api_client import ConnectionFailed, PipelinesClient, RetryPolicy, Transport
from tests.client_calls import create_rows
from tests.faulty_api import pause
from tests.tls import make_certificates, server_context

KEY = "pk_live_" + "a" * 40
ONCE = RetryPolicy(longest_wait=0, budget=0)
SECONDS = 0.3
# A POST has three times as long. Without a deadline, each of these servers goes on for a minute.
LONG_BEFORE_THE_END = 20
READ, CREATE = lambda client: client.workflow(42), lambda client: create_rows(client, 42, [{"text": "x"}])
CALLS = {"GET": READ, "POST": CREATE}
Serve = Callable[[socket.socket], None]


def drip(connection: socket.socket, start: bytes) -> None:
    """A byte now and then for a minute: no single read times out."""
    connection.sendall(start)
    for _ in range(600):
        connection.sendall(b"x")
        pause(0.1)


def drip_status_line(connection: socket.socket) -> None:
    connection.recv(65536)
    drip(connection, b"HTTP/1.1 200 ")


def drip_header(connection: socket.socket) -> None:
    connection.recv(65536)
    drip(connection, b"HTTP/1.1 200 OK\r\nX-Long: ")


def drip_continue(connection: socket.socket) -> None:
    connection.recv(65536)
    for _ in range(600):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        pause(0.1)


def drip_body(connection: socket.socket) -> None:
    connection.recv(65536)
    drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")


def read_slowly(connection: socket.socket) -> None:
    for _ in range(600):
        connection.recv(1000)
        pause(0.1)


@contextmanager
def server(serve: Serve, certificate: Path | None = None) -> Iterator[str]:
    """Yield the URL of an API that serves each connection so, with TLS if there is a certificate."""
    context = server_context(certificate) if certificate else None

    def serve_one(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) if context else connection as wrapped:
                serve(wrapped)
        except OSError:
            return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve_one, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(params=["http", "https"])
def certificate(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path | None:
    if request.param == "http":
        return None
    pem = make_certificates(tmp_path)
    monkeypatch.setitem(os.environ, "REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    return pem


def failure_of(url: str, call: Callable[[PipelinesClient], object], seconds: float = SECONDS) -> ConnectionFailed:
    started = time.monotonic()
    with pytest.raises(ConnectionFailed) as failure:
        call(PipelinesClient(Transport(url, timeout=seconds), KEY, ONCE))
    assert time.monotonic() - started < LONG_BEFORE_THE_END
    return failure.value


@pytest.mark.parametrize(
    ("serve", "method"),
    [
        (drip_status_line, "GET"),
        (drip_header, "GET"),
        (drip_header, "POST"),
        (drip_continue, "POST"),
        (drip_body, "GET"),
    ],
)
def test_a_response_that_drips_ends_at_the_deadline(serve: Serve, method: str, certificate: Path | None) -> None:
    with server(serve, certificate) as url:
        failure = failure_of(url, CALLS[method])
    assert failure.timed_out
    assert failure.maybe_processed == (method == "POST")


def test_a_request_that_is_read_slowly_ends_at_the_deadline(certificate: Path | None) -> None:
    with server(read_slowly, certificate) as url:
        failure = failure_of(url, lambda client: create_rows(client, 42, [{"text": "x" * 1_000_000}] * 20))
    assert failure.timed_out
    assert failure.maybe_processed


def test_a_call_after_one_that_was_cut_gets_its_own_time(certificate: Path | None) -> None:
    answers = iter([drip_header, answer_twice])
    with server(lambda connection: next(answers)(connection), certificate) as url:
        client = PipelinesClient(Transport(url, timeout=SECONDS), KEY, ONCE)
        with pytest.raises(ConnectionFailed):
            client.workflow(42)
        for _ in range(2):
            assert client.workflow(42).name == "French"
            pause(2 * SECONDS)


def answer_twice(connection: socket.socket) -> None:
    body = b'{"id": 42, "name": "French", "status": "ACTIVE"}'
    for _ in range(2):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


HANDSHAKES: dict[str, Serve] = {
    "byte by byte": lambda connection: drip(connection, b"\x16\x03\x03\x40\x00"),
    "an HTTP port": lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "hung up": hang_up,
    "an alert": lambda connection: connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28"),
}


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("serve", HANDSHAKES.values(), ids=HANDSHAKES.keys())
def test_nothing_is_sent_if_the_handshake_of_tls_fails(serve: Serve, method: str) -> None:
    with server(serve) as url:
        failure = failure_of(url.replace("http:", "https:"), CALLS[method])
    assert not failure.maybe_processed
    assert "x" * 5 not in failure.cause
