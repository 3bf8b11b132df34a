"""Slow clients at either program, without a proxy.

A hundred of them: half a header, a slow body, an answer that is not read. Claims, for each program and kind of client:
the median time of a page with them over without them is at most 2, and the slowest answer of the health check over one
second is at most 1.

4,100 of them, more than the connections a program holds at once: each has sent the beginning of a body, anonymously or
with a made-up cookie or key, and sends nothing more. Claims: the slowest answer of the health check, and of the sign-in
page, over one second is at most 1.

BENCH_CLIENTS, BENCH_CROWD and BENCH_ROUNDS reduce the number of clients and of requests.
"""

import resource
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

CLIENTS, CROWD, ROUNDS = size("BENCH_CLIENTS", 100), size("BENCH_CROWD", 4100), size("BENCH_ROUNDS", 40)
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


MADE_UP = {
    "portal": f"Cookie: portal_session={'x' * 32}; portal_csrf={'y' * 32}\r\n",
    "external_api": f"X-API-Key: pk_live_{'0' * 40}\r\nCookie: sessionid={'x' * 32}\r\n",
}
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
# The kinds of an unfinished body: the method, the path at the portal and at the API, and headers.
UNFINISHED = {
    "small body": ("POST", "/sign-in/", "/api/v1/workflows/1/tasks", "Content-Length: 200000\r\n"),
    "large body": ("POST", "/sign-in/", "/api/v1/workflows/1/tasks", "Content-Length: 20000000\r\n"),
    "body in chunks": ("POST", "/sign-in/", "/api/v1/workflows/1/tasks", "Transfer-Encoding: chunked\r\n"),
    "archive": ("PUT", "/uploads/1/relay/", ARCHIVE, "Content-Length: 20000000\r\n"),
}
SIGN_IN = {"portal": "/sign-in/", "external_api": "/sign-in"}

KINDS: tuple[Begin, ...] = (half_a_header, slow_body, slow_large_body, slow_archive, unread_answer)


def measure(folder: Path) -> Iterator[bool]:
    with external_api(folder / "api") as api, portal(folder / "portal", api.api_url) as program:
        for kind in KINDS:
            yield from measure_one(program, "/sign-in/", kind)
            yield from measure_one(api, "/api/v1/openapi.json", kind)
        for name in UNFINISHED:
            for credentials in ("anonymous", "made-up credentials"):
                yield from measure_crowd(program, name, credentials)
                yield from measure_crowd(api, name, credentials)


def measure_one(program: Program, path: str, kind: Begin) -> Iterator[bool]:
    name = f"{program.name}, {CLIENTS} clients, {kind.__name__.replace('_', ' ')}"
    alone = statistics.median(times(program.url + path))
    with slow_clients(program, path, kind):
        together = statistics.median(times(program.url + path))
        slowest = max(times(program.url + program.health))
    yield claim(f"{name}: page with them over without", together / alone, PAGE_LIMIT)
    yield claim(f"{name}: slowest health check over {HEALTH_SECONDS:.0f} s", slowest / HEALTH_SECONDS, 1)


def measure_crowd(program: Program, name: str, credentials: str) -> Iterator[bool]:
    method, portal_path, api_path, headers = UNFINISHED[name]
    path = portal_path if program.name == "portal" else api_path
    made_up = MADE_UP[program.name] if credentials != "anonymous" else ""
    host = f"127.0.0.1:{program.port}"
    begun = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{FORM}{made_up}{headers}\r\n8\r\nx=".encode()
    pages = (program.health, SIGN_IN[program.name])
    with ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(connect(program.port)).sendall(begun)
        time.sleep(SETTLE_SECONDS)
        slowest = {page: max(times(program.url + page)) for page in pages}
    for page in pages:
        what = f"{program.name}, {CROWD} clients, unfinished {name}, {credentials}: slowest {page} over"
        yield claim(f"{what} {HEALTH_SECONDS:.0f} s", slowest[page] / HEALTH_SECONDS, 1)


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
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    run_bench(measure)
