"""An API that answers as told: for faults that the real one cannot be brought to. Real HTTP on a real socket."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Answer = Callable[[socket.socket], None]


def pause(seconds: float) -> None:
    """A wait that no patched `time.sleep` shortens."""
    threading.Event().wait(seconds)


@dataclass
class FaultyApi:
    """`script` is answered in order, its last entry for ever; `requests` are the request heads and bodies met.

    `routes` come first: an answer for each request line that holds the text, as long as it stands there. With `behind`,
    the origin of a real API, what has no route is asked there; each of `faults` may take a request before that.
    """

    url: str
    script: list[Answer] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    routes: dict[str, Answer] = field(default_factory=dict)
    behind: str = ""
    faults: list[Callable[[str], Answer | None]] = field(default_factory=list)

    def answer_to(self, request: str) -> Answer:
        line = request.partition("\r\n")[0]
        routed = next((answer for text, answer in self.routes.items() if text in line), None)
        faulty = next(filter(None, (fault(request) for fault in self.faults)), None)
        return routed or faulty or (passed_on(request, self.behind) if self.behind else self.next_answer())

    def next_answer(self) -> Answer:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def answer(status: int, body: Any = None, *, text: str | None = None, **headers: str) -> Answer:
    """A complete answer: JSON of `body`, or `text` as it stands."""
    payload = (json.dumps(body) if text is None else text).encode()
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(payload)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    def send(connection: socket.socket) -> None:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + payload)

    return send


def error(status: int, code: str, message: str, **more: Any) -> Answer:
    return answer(status, {"error": code, "message": message} | more)


def hang_up(connection: socket.socket) -> None:
    """Close without a word after the request was read."""


def half_answer(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"tasks": [')


def real_answer(request: str, origin: str) -> bytes:
    """What the API at `origin` says to it."""
    target = urlsplit(origin)
    head, _, body = request.partition("\r\n\r\n")
    head = re.sub(r"(?im)^connection:.*\r\n", "", head) + "\r\nConnection: close"
    with socket.create_connection((target.hostname or "", target.port or 80)) as upstream:
        upstream.sendall(f"{head}\r\n\r\n{body}".encode())
        return b"".join(iter(lambda: upstream.recv(65536), b""))


def passed_on(request: str, origin: str) -> Answer:
    return lambda connection: connection.sendall(real_answer(request, origin))


def silence(seconds: float) -> Answer:
    return lambda connection: pause(seconds)


def drip(connection: socket.socket) -> None:
    """A byte now and then, for ever: no single read times out."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    try:
        for _ in range(1000):
            connection.sendall(b" ")
            pause(0.05)
    except OSError:
        return


def slow(seconds: float, then: Answer) -> Answer:
    def send(connection: socket.socket) -> None:
        pause(seconds)
        then(connection)

    return send


@contextmanager
def faulty_api(*script: Answer) -> Iterator[FaultyApi]:
    listener = socket.create_server(("127.0.0.1", 0))
    api = FaultyApi(f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1", list(script))
    threading.Thread(target=_accept, args=(listener, api), daemon=True).start()
    try:
        yield api
    finally:
        # Closed alone it would take one more connection, of a later test whose API got the same port.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, api: FaultyApi) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, api), daemon=True).start()


def _serve(connection: socket.socket, api: FaultyApi) -> None:
    with connection:
        request = _read_request(connection)
        if not request:
            return
        api.requests.append(request)
        try:
            api.answer_to(request)(connection)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            return


def _read_request(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return ""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode()
