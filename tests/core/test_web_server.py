"""What the web server decides of a request by its header, and the threads and the time for its body."""

import re
import socket
import threading
import time
from types import SimpleNamespace

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
    """4 KB/s after the grace, however long a body may take in all."""
    monkeypatch.setattr(bodies, "LEAST_BYTES_PER_SECOND", 40)
    server, client = socket.socketpair()
    with server, client:
        connection = Connection(server, 60, 0.1)
        for _ in range(3):
            client.sendall(b"1234")
            assert connection.receive(100) == b"1234"
        began = time.monotonic()
        with pytest.raises(SlowBody):
            connection.receive(100)
        assert time.monotonic() - began < 1


def test_a_body_at_the_lowest_rate_has_its_whole_time() -> None:
    server, client = socket.socketpair()
    with server, client:
        connection = Connection(server, 0.2, 10)
        with pytest.raises(SlowBody):
            connection.receive(100)


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


def test_a_sender_holds_half_of_the_threads() -> None:
    """The requests of others are answered meanwhile, and the sender's next ones when one of the first has ended."""
    threads = StreamThreads(threads=4, waiting=20, for_each_address=24, senders_of=lambda request: [request.sender])
    slow, other = [Streamed("a") for _ in range(7)], Streamed("b")
    try:
        for channel in slow:
            assert threads.add(channel)
        assert slow[0].began.wait(5) and slow[1].began.wait(5)
        assert threads.add(other) and other.began.wait(5)
        assert not slow[2].began.wait(0.1)
        # Two more wait, and the rest is refused at once.
        assert threads.take_overdue(time.time()) == slow[4:]
        slow[0].goes_on.set()
        assert slow[2].began.wait(5) and not slow[3].began.is_set()
        assert threads.take_overdue(time.time() + WAIT_SECONDS + 1) == [slow[3]]
    finally:
        for channel in (*slow, other):
            channel.goes_on.set()
        threads.shutdown()
