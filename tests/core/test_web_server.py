"""What the web server decides of a request by its header, and the threads and the time for its body."""

import re
import socket
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from pipelines_portal.core.web_server import bodies
from pipelines_portal.core.web_server.__main__ import PROGRAMS
from pipelines_portal.core.web_server.bodies import Connection, SlowBody
from pipelines_portal.core.web_server.requests import Request
from pipelines_portal.core.web_server.streams import WAIT_SECONDS, StreamThreads

API = PROGRAMS["external_api"]


def received(head: str) -> Request:
    class OfApi(Request):
        rules = API

    request = OfApi(Adjustments())
    request.received(re.sub("\n", "\r\n", head).encode() + b"\r\n\r\n")
    return request


@pytest.mark.parametrize("path", ["/storage/archives/1.zip", "//storage/archives/1.zip", "///storage/archives/1.zip"])
def test_archive_is_recognized_by_the_path_that_the_program_receives(path: str) -> None:
    request = received(f"PUT {path} HTTP/1.1\nHost: localhost\nContent-Length: 5000000")
    assert request.is_archive and request.streams


@pytest.mark.parametrize("path", ["/api/v1/workflows/1/tasks", "//api/v1/workflows/1/tasks"])
def test_large_body_is_streamed_to_the_api_and_refused_elsewhere(path: str) -> None:
    head = f"POST {path} HTTP/1.1\nHost: localhost\nContent-Length: 300000"
    assert received(head).streams
    assert received(head.replace("api/v1", "keys")).refused


def test_a_form_must_arrive_at_the_lowest_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 KB/s after ten seconds, and all of it in the time that a body may take."""
    clock = [0.0]
    monkeypatch.setattr(bodies, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    server, client = socket.socketpair()
    with server, client:
        connection = Connection(server, 60, 10)
        for second, count in ((9, 8 * 4096), (17, 43 * 4096), (59, 4096)):
            clock[0] = second
            client.sendall(b"x" * count)
            while count:
                count -= len(connection.receive(count))
        clock[0] = 60
        with pytest.raises(SlowBody):
            connection.receive(100)
        silent = Connection(server, 60, 10)
        clock[0] = 70
        with pytest.raises(SlowBody):
            silent.receive(100)


class Streamed:
    """A channel whose request is answered when the test says so."""

    addr = ("192.0.2.1", 1)

    def __init__(self, sender: str) -> None:
        self.requests = [SimpleNamespace(headers={}, sender=sender)]
        self.began, self.goes_on = threading.Event(), threading.Event()

    def service(self) -> None:
        self.began.set()
        self.goes_on.wait(10)

    def cancel(self) -> None:
        self.goes_on.set()


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_sender_holds_half_of_the_threads() -> None:
    """Other senders are answered while these wait. The sender's next request is answered once an earlier one ends."""
    threads = StreamThreads(threads=4, waiting=20, for_each_address=24, senders_of=lambda request: [request.sender])
    slow, other, refused = [Streamed("a") for _ in range(7)], Streamed("b"), list[Any]()

    def begun() -> list[Streamed]:
        return [channel for channel in slow if channel.began.is_set()]

    def are_refused(count: int, later: float = 0) -> bool:
        refused.extend(threads.take_overdue(time.time() + later))
        return len(refused) == count

    try:
        assert all(threads.add(channel) for channel in (*slow, other))
        # Two are answered, two more wait, and the rest is refused at once.
        assert other.began.wait(10) and eventually(lambda: are_refused(3))
        assert len(begun()) == 2
        begun()[0].goes_on.set()
        assert eventually(lambda: len(begun()) == 3)
        assert eventually(lambda: are_refused(4, WAIT_SECONDS + 1))
        assert len(begun()) == 3 and not {*begun()} & {*refused}
    finally:
        for channel in (*slow, other):
            channel.goes_on.set()
        threads.shutdown()
