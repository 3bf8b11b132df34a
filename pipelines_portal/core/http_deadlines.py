"""HTTP connections that end at a deadline, whatever the server does.

The time-outs of requests and urllib3 are for one read each, so a server that sends a byte now and then would hold a
thread for as long as it likes. Here each read and each write gets the time that is left. The handshake of TLS needs
nothing more: Python limits the whole of it to the time-out for connecting.
"""

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# One record of TLS: more at once would be several writes with a time-out each.
_BLOCK = 16 * 1024


@dataclass
class Exchange:
    """One request and its response. `is_unsent`: a connection was opened for it, and no byte of it was sent yet."""

    end: float
    is_unsent: bool = False

    @property
    def is_over(self) -> bool:
        return monotonic() >= self.end

    def limit(self, sock: socket.socket) -> None:
        """Give the next read or write the time that is left. Raise TimeoutError if there is none."""
        left = self.end - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        sock.settimeout(left)


_current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextmanager
def exchange(seconds: float) -> Iterator[Exchange]:
    """Give the request in the block, and the reading of its response, so many seconds in all."""
    started = Exchange(monotonic() + seconds)
    token = _current.set(started)
    try:
        yield started
    finally:
        _current.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """Makes the requests of a session end at the deadline of the `exchange` around them, if there is one."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _LimitedReads(io.RawIOBase):
    """Reads from a socket, through the file that http.client opened for it."""

    def __init__(self, file: io.RawIOBase, sock: socket.socket, started: Exchange) -> None:
        self._file, self._sock, self._exchange = file, sock, started

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._exchange.limit(self._sock)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if started := _current.get():
            self.fp = io.BufferedReader(_LimitedReads(self.fp.detach(), sock, started))


class _Limited(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        if started := _current.get():
            started.is_unsent = True
        super().connect()

    def send(self, data: Any) -> None:
        started = _current.get()
        if started is None or not isinstance(data, bytes):
            super().send(data)
            return
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), _BLOCK):
            started.limit(self.sock)
            started.is_unsent = False
            super().send(data[start : start + _BLOCK])


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Limited


class _LimitedHttps(_Limited, HTTPSConnection):
    pass


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _LimitedHttps
