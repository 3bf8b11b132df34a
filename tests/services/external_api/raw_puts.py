"""PUT requests that break off, or arrive byte by byte."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

STORAGE = Path(settings.DATA_DIR) / "storage"


def is_stored(started: dict[str, Any]) -> bool:
    return (STORAGE / "archives" / f"{started['upload_id']}.zip").exists()


def unfinished() -> list[Path]:
    return list((STORAGE / "unfinished").glob("*"))


def open_put(started: dict[str, Any], length: int | None) -> socket.socket:
    """Return a connection over which the head of a PUT has been sent."""
    url = urlsplit(started["upload_url"])
    connection = socket.create_connection((url.hostname, url.port), timeout=30)
    lines = [f"PUT {url.path}?{url.query} HTTP/1.1", f"Host: {url.netloc}", "Content-Type: application/zip"]
    lines += [] if length is None else [f"Content-Length: {length}"]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return connection


def eventually(condition: Any, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def answer_on(connection: socket.socket) -> bytes:
    """Return everything that the server sends until it closes the connection."""
    return b"".join(iter(lambda: connection.recv(4096), b""))


@contextmanager
def dripping(connections: list[socket.socket]) -> Iterator[None]:
    """Send a byte over each connection several times a second, and close them at the end of the block."""
    stop = threading.Event()
    threads = [threading.Thread(target=_drip, args=[connection, stop]) for connection in connections]
    try:
        for thread in threads:
            thread.start()
        yield
    finally:
        stop.set()
        for thread, connection in zip(threads, connections, strict=True):
            thread.join()
            connection.close()


def _drip(connection: socket.socket, stop: threading.Event) -> None:
    while not stop.wait(0.2):
        try:
            connection.sendall(b"x")
        except OSError:
            return
