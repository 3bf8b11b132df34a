"""A line between the browser and the storage that can be slow, stand still, or be cut."""

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BLOCK = 64 * 1024
RESET = struct.pack("ii", 1, 0)


@dataclass
class Line:
    """Change its fields at any time; they hold for what is sent from then on."""

    target: str = ""
    bytes_per_second: float = 0  # 0: as fast as it goes
    stands_still: bool = False
    cut_after: int = 0  # bytes of one connection; 0: never
    passed: int = 0
    port: int = 0
    _open: set[socket.socket] = field(default_factory=set)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Every connection, now, without a goodbye."""
        for end in list(self._open):
            _reset(end)


@contextmanager
def line() -> Iterator[Line]:
    """Set `target`, an origin, before the first connection."""
    running = Line()
    with socket.create_server(("127.0.0.1", 0)) as server:
        running.port = server.getsockname()[1]
        threading.Thread(target=_accept, args=(server, running), daemon=True).start()
        try:
            yield running
        finally:
            server.shutdown(socket.SHUT_RDWR)
            running.cut()


def _accept(server: socket.socket, running: Line) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, running), daemon=True).start()


def _serve(client: socket.socket, running: Line) -> None:
    target = urlsplit(running.target)
    try:
        upstream = socket.create_connection((target.hostname or "", target.port or 80))
    except OSError:
        return client.close()
    ends = {client, upstream}
    running._open |= ends
    with contextlib.suppress(OSError, ValueError):
        _pump(client, upstream, running)
    running._open -= ends
    for end in ends:
        end.close()
    return None


def _pump(client: socket.socket, upstream: socket.socket, running: Line) -> None:
    passed = 0
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ)
        selector.register(upstream, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select(timeout=0.1):
                block = key.fileobj.recv(BLOCK)
                if not block:
                    return None
                if key.fileobj is upstream:
                    client.sendall(block)
                    continue
                _hold_back(running, len(block))
                passed += len(block)
                running.passed += len(block)
                if running.cut_after and passed >= running.cut_after:
                    return _reset(client)
                upstream.sendall(block)


def _hold_back(running: Line, size: int) -> None:
    while running.stands_still:
        time.sleep(0.02)
    if running.bytes_per_second:
        time.sleep(size / running.bytes_per_second)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.shutdown(socket.SHUT_RDWR)
    end.close()
