"""What the web server itself answers, asked over bare sockets."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.live import Portal, portal

SIGN_IN = b"/sign-in/"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("portal"), "http://127.0.0.1:9/api/v1", BODY_SECONDS="2") as running:
        yield running


def connect(running: Portal) -> socket.socket:
    url = urlsplit(running.url)
    return socket.create_connection((url.hostname, url.port), timeout=30)


def request(method: bytes, path: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", b"Host: localhost", *headers, b"", b""])


def all_of(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize("path", [b"/health", SIGN_IN, b"/no-such-page/", b"/static/js/portal.js"])
def test_answer_to_a_head_has_no_body_and_the_next_one_is_its_own(running: Portal, path: bytes) -> None:
    with connect(running) as connection:
        connection.sendall(request(b"HEAD", path))
        head = connection.recv(65_536)
        assert head.endswith(b"\r\n\r\n")
        connection.sendall(request(b"GET", b"/health", b"Connection: close"))
        assert all_of(connection).endswith(b'{"status": "ok"}')


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((b"Transfer-Encoding: chunked",), b"411"),
        ((b"Content-Length: 20000000",), b"413"),
        ((b"Content-Length: " + b"9" * 400,), b"400"),
        ((b"Content-Length: " + b"9" * 5000,), b"400"),
        ((b"Content-Length: -1",), b"400"),
    ],
)
def test_body_that_no_stranger_may_send_is_refused_by_its_header(
    running: Portal, headers: tuple[bytes, ...], status: bytes
) -> None:
    """Before a thread or a file is given to it."""
    with connect(running) as connection:
        connection.sendall(request(b"POST", SIGN_IN, *headers))
        assert all_of(connection).split(b" ")[1] == status


@pytest.mark.parametrize("line", [b"GET http://[::1 HTTP/1.1", b"GET http://[x]/health HTTP/1.1"])
def test_request_line_that_is_none_is_400(running: Portal, line: bytes) -> None:
    with connect(running) as connection:
        connection.sendall(line + b"\r\nHost: localhost\r\n\r\n")
        assert all_of(connection).split(b" ")[1] == b"400"


def test_request_that_expects_to_go_on_without_a_body_is_answered(running: Portal) -> None:
    with connect(running) as connection:
        connection.sendall(request(b"GET", b"/health", b"Expect: 100-continue", b"Connection: close"))
        assert all_of(connection).endswith(b'{"status": "ok"}')


def test_requests_sent_ahead_are_answered_one_at_a_time(running: Portal) -> None:
    """The first is; whoever sends others before its answer has to ask again."""
    with connect(running) as connection:
        connection.sendall(request(b"GET", b"/health") * 50)
        assert all_of(connection).count(b'{"status": "ok"}') == 1


def test_small_body_that_does_not_come_is_408(running: Portal) -> None:
    with connect(running) as connection:
        connection.sendall(request(b"POST", SIGN_IN, b"Content-Length: 100") + b"username=")
        assert all_of(connection).split(b" ")[1] == b"408"


def test_crowd_of_silent_connections_makes_room_for_a_newcomer(running: Portal) -> None:
    crowd = [connect(running) for _ in range(200)]
    try:
        for connection in crowd:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: ")
        with connect(running) as connection:
            connection.sendall(request(b"GET", b"/health", b"Connection: close"))
            assert all_of(connection).endswith(b'{"status": "ok"}')
    finally:
        for connection in crowd:
            connection.close()
