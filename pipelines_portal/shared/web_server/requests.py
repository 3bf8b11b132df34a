"""A request as its header has it: taken in by the server, streamed to the program, or refused before it has come."""

import select
import socket
import time
from typing import Any, Protocol
from weakref import WeakSet

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

# An archive, or an answer to somebody who reads slowly, may take this long, and as long as it takes at the least rate.
GRACE_SECONDS = 60
LEAST_BYTES_PER_SECOND = 4096
CHUNKED_AT_ONCE = 16
LARGEST_LENGTH = 2**53


class Rules(Protocol):
    """What a program says of a request by its header alone."""

    @property
    def request_seconds(self) -> float: ...

    def is_archive(self, method: str, path: str) -> bool: ...

    def is_large(self, length: int) -> bool: ...

    def refusal(self, request: "Request") -> Error | None: ...


class Busy(Error):
    code = 503
    reason = "Service Unavailable"


class SlowBody(OSError):
    """Nothing more of the body came in time."""


class SocketBody:
    """`wsgi.input` over a connection that the server itself does not read meanwhile."""

    def __init__(self, connection: socket.socket, begun: bytes, length: int, seconds: float) -> None:
        self._connection = connection
        self._begun = begun[:length]
        self._left = length
        self._missing = length
        self._deadline = time.monotonic() + seconds
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read."""
        return not self._missing

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; fewer only at the end. Raises SlowBody."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        pieces: list[bytes] = []
        while wanted and (piece := self._piece(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def readline(self, size: int = -1) -> bytes:
        """Nobody reads archives and forms by the line; WSGI asks for it all the same."""
        line = b""
        while not line.endswith(b"\n") and (byte := self.read(1)):
            line += byte
        return line

    def _piece(self, wanted: int) -> bytes:
        piece = self._begun[:wanted] or self._receive(wanted)
        self._begun = self._begun[wanted:]
        self._left = self._left - len(piece) if piece else 0
        self._missing -= len(piece)
        return piece

    def _receive(self, wanted: int) -> bytes:
        while True:
            wait = min(self._deadline - time.monotonic(), GRACE_SECONDS)
            if wait <= 0 or not self._poll.poll(wait * 1000):
                self._left = 0
                raise SlowBody("The body came too slowly.")
            try:
                return self._connection.recv(min(wanted, 262_144))
            except BlockingIOError:
                continue


class Request(HTTPRequestParser):
    """Complete with its header when its body is to be streamed: what has come of the body already is `begun`."""

    rules: Rules
    chunked_now: "WeakSet[Request]" = WeakSet()
    is_archive = streams = False
    refused: Error | None = None
    begun = b""
    connection: socket.socket
    body: SocketBody

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.refused:
            self.error, self.completed, self.expect_continue = self.refused, True, False
            return len(data)
        if not self.streams:
            return consumed
        self.error = None  # a body is too large for the server when it would have to keep it
        self.begun = data[consumed:]
        return len(data)

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("The request line or a header is invalid.") from error
        if self.content_length > LARGEST_LENGTH:
            raise ParsingError("The Content-Length is invalid.")
        self.expect_continue = self.expect_continue and self.body_rcv is not None
        self._choose_way()

    def _choose_way(self) -> None:
        """Refused by its header, streamed, or taken in by the server."""
        self.is_archive = self.content_length > 0 and self.rules.is_archive(self.command, self.path)
        self.refused = self.rules.refusal(self) or self._crowd_of_chunked()
        self.streams = not self.refused and (self.is_archive or self.rules.is_large(self.content_length))
        if self.streams or self.refused:
            self.body_rcv = None
            self.headers["CONNECTION"] = "close"

    def _crowd_of_chunked(self) -> Error | None:
        """Bodies of unknown length are kept on disk until they end: only so many at once."""
        if not self.chunked:
            return None
        if len(self.chunked_now) >= CHUNKED_AT_ONCE:
            return Busy("Too many bodies of unknown length at once. Try again soon.")
        self.chunked_now.add(self)
        return None

    def get_body_stream(self) -> Any:
        if not self.streams:
            return super().get_body_stream()
        seconds = self.rules.request_seconds
        if self.is_archive:
            seconds = GRACE_SECONDS + self.content_length / LEAST_BYTES_PER_SECOND
        self.body = SocketBody(self.connection, self.begun, self.content_length, seconds)
        return self.body
