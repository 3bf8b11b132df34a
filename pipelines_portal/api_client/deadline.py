"""One deadline for a whole exchange: each wait on its socket lasts as long as is left, headers and body alike.

A socket's own time-out bounds a single read: an answer that drips a byte now and then never meets it.
"""

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

CONNECT_TIMEOUT = 3.05
# Sent and timed by the piece: TLS counts its time-out anew for each.
PIECE = 64 * 1024


@dataclass
class Exchange:
    """A request on its way. `sent`: whether any of it has left, so that the API may have acted on it."""

    deadline: float
    sent: bool = False
    connect_timed_out: bool = False

    @property
    def timed_out(self) -> bool:
        return self.connect_timed_out or time.monotonic() >= self.deadline

    def remaining(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The deadline has passed.")
        return left


# The exchange of this thread: an adapter in the place of `DeadlineAdapter` says through it what was sent.
current_exchange: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def exchange(seconds: float) -> Iterator[Exchange]:
    """All that this thread does with `DeadlineAdapter` inside the block is over after so many seconds."""
    current = Exchange(time.monotonic() + seconds)
    token = current_exchange.set(current)
    try:
        yield current
    finally:
        current_exchange.reset(token)


class _TimedReader(io.RawIOBase):
    def __init__(self, connection: socket.socket) -> None:
        self._socket, self._raw = connection, connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(current_exchange.get().remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


def _addresses(host: str, port: int) -> int:
    """How many of them are tried, each for the time-out anew."""
    try:
        return max(len(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)), 1)
    except OSError:
        return 1  # told by the attempt itself


class _TimedHttp(HTTPConnection):
    response_class = _TimedResponse

    def connect(self) -> None:
        current = current_exchange.get()
        self.timeout = min(CONNECT_TIMEOUT, current.remaining() / _addresses(self.host, self.port))
        try:
            super().connect()
        except (TimeoutError, ConnectTimeoutError) as error:
            current.connect_timed_out = not isinstance(error, NewConnectionError)
            raise

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), PIECE):
            self.sock.settimeout(current_exchange.get().remaining())
            current_exchange.get().sent = True
            super().send(data[start : start + PIECE])


class _TimedHttps(_TimedHttp, HTTPSConnection):
    """Its `super()` are those of HTTPS."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _TimedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHttps


class DeadlineAdapter(HTTPAdapter):
    """requests' own, whose connections keep to the `exchange` they are used in."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
