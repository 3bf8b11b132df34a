"""How long a call waits for a slow or silent API, and whether it may have been acted on."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipelines_portal.api_client import ConnectionFailed, PipelinesClient, RetryPolicy, Transport, transport
from tests.client_calls import create_rows
from tests.faulty_api import answer, drip, faulty_api

KEY = "pk_live_" + "a" * 40
ONCE = RetryPolicy(longest_wait=0, budget=0)
GOOD = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})
# The bytes that drip would go on for 50 s.
LONG_BEFORE_THE_END = 20


def test_a_body_that_drips_holds_no_thread_for_long() -> None:
    """And the next call is none the worse for it."""
    started = time.monotonic()
    with faulty_api(drip, GOOD) as api:
        client = PipelinesClient(Transport(api.url, timeout=0.5), KEY, ONCE)
        with pytest.raises(ConnectionFailed, match="in time") as failure:
            client.workflow(42)
        assert client.workflow(42).name == "French"
    assert failure.value.timed_out
    assert time.monotonic() - started < LONG_BEFORE_THE_END


def test_a_body_that_nobody_reads_is_given_up() -> None:
    """A POST too large for the buffers on the way, to a server that accepts and reads nothing: it may have arrived."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        client = PipelinesClient(Transport(url, timeout=0.2), KEY, ONCE)
        started = time.monotonic()
        with pytest.raises(ConnectionFailed) as failure:
            create_rows(client, 42, [{"text": "x" * 1_000_000}] * 20)
    assert failure.value.maybe_processed
    assert time.monotonic() - started < LONG_BEFORE_THE_END


def test_connections_are_used_again() -> None:
    with counting_server() as (url, connections):
        client = PipelinesClient(Transport(url), KEY, ONCE)
        for _ in range(5):
            assert client.workflow(42).name == "French"
    assert len(connections) == 1


@contextmanager
def nobody_answers() -> Iterator[str]:
    """An address where connecting itself hangs: its queue of connections is full, and nobody takes any."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        for _ in range(4):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"


def test_a_host_that_takes_no_connection_has_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing left, so nothing was done; and it counts as silence, though the call's time is not over."""
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT", 0.3)
    with nobody_answers() as url, pytest.raises(ConnectionFailed, match="in time") as failure:
        create_rows(PipelinesClient(Transport(url, timeout=60), KEY, ONCE), 42, [{}])
    assert failure.value.timed_out
    assert not failure.value.maybe_processed


@contextmanager
def counting_server() -> Iterator[tuple[str, set[tuple[str, int]]]]:
    connections: set[tuple[str, int]] = set()

    class KeepAlive(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            connections.add(self.client_address)
            body = b'{"id": 42, "name": "French", "status": "ACTIVE"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), KeepAlive) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1", connections
        server.shutdown()
