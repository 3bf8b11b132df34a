"""A hundred slow clients at either program, without a proxy: half a header, a body that drips, an answer not read.

Prints, of one run, for each program and kind of client:
  a page's time with them / its time without            at most 2
  the slowest /health with them                         at most 1 s
"""

import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-slow-clients-"))

import requests  # noqa: E402

from tests import samples  # noqa: E402
from tests.live import external_api, portal  # noqa: E402

CLIENTS, ROUNDS = 100, 40
MOST_TIMES, MOST_SECONDS = 2.0, 1.0
HEAD = "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"


def half_a_header(connection: socket.socket, host: str, path: str) -> None:
    connection.sendall(HEAD.format(path=path, host=host).encode())


def dripped_body(connection: socket.socket, host: str, path: str) -> None:
    connection.sendall(f"{HEAD.format(path=path, host=host)}Content-Length: 1000000\r\n\r\n{{".encode())


def large_dripped_body(connection: socket.socket, host: str, path: str) -> None:
    """So large that it is not waited for, but given to the program as it comes."""
    connection.sendall(f"{HEAD.format(path=path, host=host)}Content-Length: 20000000\r\n\r\n{{".encode())


def dripped_archive(connection: socket.socket, host: str, path: str) -> None:
    head = f"PUT /storage/archives/11111111-1111-4111-8111-111111111111.zip HTTP/1.1\r\nHost: {host}\r\n"
    connection.sendall(f"{head}Content-Type: application/zip\r\nContent-Length: 20000000\r\n\r\nPK".encode())


def unread_answer(connection: socket.socket, host: str, path: str) -> None:
    """More than fits the buffers on the way, asked for and not read."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() * 5)


KINDS = (half_a_header, dripped_body, large_dripped_body, dripped_archive, unread_answer)


@contextmanager
def slow_clients(url: str, path: str, begin: Callable[[socket.socket, str, str], None]) -> Iterator[None]:
    """All are connected when the block begins; each sends another byte every half second."""
    parts, over = urlsplit(url), threading.Event()
    connections = [_connect(parts.hostname or "", parts.port or 0) for _ in range(CLIENTS)]
    for connection in connections:
        begin(connection, parts.netloc, path)
    is_reading = begin is not unread_answer
    dripping = threading.Thread(target=_drip, args=(connections, over), daemon=True) if is_reading else None
    if dripping:
        dripping.start()
    time.sleep(3)  # what they ask for has been worked on by then
    try:
        yield
    finally:
        over.set()
        for connection in connections:
            connection.close()


def _connect(host: str, port: int) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, port))
    return connection


def _drip(connections: list[socket.socket], over: threading.Event) -> None:
    while not over.wait(0.5):
        for connection in connections:
            try:
                connection.sendall(b"x")
            except OSError:
                continue


def seconds(address: str) -> float:
    """A new connection each time, as a newcomer has."""
    started = time.perf_counter()
    requests.get(address, timeout=30)
    return time.perf_counter() - started


def measure(name: str, url: str, health: str, page: str) -> bool:
    fine = True
    for kind in KINDS:
        idle = statistics.median(seconds(url + page) for _ in range(ROUNDS))
        with slow_clients(url, page, kind):
            busy = statistics.median(seconds(url + page) for _ in range(ROUNDS))
            slowest = max(seconds(url + health) for _ in range(ROUNDS))
        ratio = busy / idle
        print(
            f"{name}, {CLIENTS} × {kind.__name__}: page {ratio:.2f} times, slowest health {slowest:.3f} s", flush=True
        )
        fine &= ratio <= MOST_TIMES and slowest <= MOST_SECONDS
    return fine


def main() -> None:
    unlimited = {f"EXTERNAL_API_{name}_LIMIT": "1000000/minute" for name in ("KEY", "IP", "AUTH_FAILURE")}
    with external_api(FOLDER / "api", **unlimited) as api:
        api.load(samples.organization("Acme", samples.workflow(42)))
        with portal(FOLDER / "portal", api.url) as running:
            fine = measure("portal", running.url, "/health", "/sign-in/")
            fine &= measure("External API", api.server.url, "/api/v1/health", "/api/v1/openapi.json")
    if not fine:
        sys.exit("Slow clients are felt more than they may.")


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    main()
