"""A hundred slow clients at either program, without a proxy: half a header, a slow body, an answer that is not read.

Claims, for each program and kind of client: the median time of a page with them over without them is at most 2, and
the slowest answer of the health check over one second is at most 1.
BENCH_CLIENTS and BENCH_ROUNDS reduce the number of clients and of requests.
"""

import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests
from shared.measuring import claim, seconds, size
from shared.programs import Program, external_api, portal, run_bench

CLIENTS, ROUNDS = size("BENCH_CLIENTS", 100), size("BENCH_ROUNDS", 40)
PAGE_LIMIT, HEALTH_SECONDS = 2.0, 1.0
SETTLE_SECONDS, DRIP_SECONDS = 3.0, 0.5
ARCHIVE = "/storage/archives/11111111-1111-4111-8111-111111111111.zip"
Begin = Callable[[str, str], bytes]


def half_a_header(host: str, path: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n".encode()


def slow_body(host: str, path: str) -> bytes:
    return half_a_header(host, path) + b"Content-Length: 1000000\r\n\r\n{"


def slow_large_body(host: str, path: str) -> bytes:
    """Begin a body so large that the server passes it to the program while it arrives."""
    return half_a_header(host, path) + b"Content-Length: 20000000\r\n\r\n{"


def slow_archive(host: str, path: str) -> bytes:
    head = f"PUT {ARCHIVE} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/zip\r\nContent-Length: 20000000"
    return head.encode() + b"\r\n\r\nPK"


def unread_answer(host: str, path: str) -> bytes:
    """Ask for more than fits into the buffers between server and client."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() * 5


KINDS: tuple[Begin, ...] = (half_a_header, slow_body, slow_large_body, slow_archive, unread_answer)


def measure(folder: Path) -> Iterator[bool]:
    with external_api(folder / "api") as api, portal(folder / "portal", api.api_url) as program:
        for kind in KINDS:
            yield from measure_one(program, "/sign-in/", kind)
            yield from measure_one(api, "/api/v1/openapi.json", kind)


def measure_one(program: Program, path: str, kind: Begin) -> Iterator[bool]:
    name = f"{program.name}, {CLIENTS} clients, {kind.__name__.replace('_', ' ')}"
    alone = statistics.median(times(program.url + path))
    with slow_clients(program, path, kind):
        together = statistics.median(times(program.url + path))
        slowest = max(times(program.url + program.health))
    yield claim(f"{name}: page with them over without", together / alone, PAGE_LIMIT)
    yield claim(f"{name}: slowest health check over {HEALTH_SECONDS:.0f} s", slowest / HEALTH_SECONDS, 1)


def times(url: str) -> list[float]:
    """Time requests that each open a connection, as those of a newcomer do."""
    return [seconds(lambda: requests.get(url, timeout=30)) for _ in range(ROUNDS)]


@contextmanager
def slow_clients(program: Program, path: str, begin: Begin) -> Iterator[None]:
    """Connect the clients. Those that send a request send another byte every half second."""
    ended = threading.Event()
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(program.port)) for _ in range(CLIENTS)]
        for connection in connections:
            connection.sendall(begin(f"127.0.0.1:{program.port}", path))
        if begin is not unread_answer:
            threading.Thread(target=drip, args=(connections, ended), daemon=True).start()
        stack.callback(ended.set)
        time.sleep(SETTLE_SECONDS)
        yield


def connect(port: int) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    return connection


def drip(connections: list[socket.socket], ended: threading.Event) -> None:
    while not ended.wait(DRIP_SECONDS):
        for connection in connections:
            try:
                connection.sendall(b"x")
            except OSError:  # The server closed it.
                continue


if __name__ == "__main__":
    run_bench(measure)
