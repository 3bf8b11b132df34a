"""Request bodies that a program reads from the connection while they arrive: `wsgi.input` of a streamed request."""

import select
import socket
import time

from waitress.receiver import ChunkedReceiver

# The time for an archive, or for a response to a slow reader, in addition to the time at the lowest rate.
GRACE_SECONDS = 60
LEAST_BYTES_PER_SECOND = 4096
# A form or JSON must arrive at the lowest rate after this time.
FORM_GRACE_SECONDS = 10
RECEIVED_AT_ONCE = 262_144


class SlowBody(TimeoutError):
    """The body did not arrive in time."""


class Connection:
    """The receiving side of a connection, which the server does not read while the program answers."""

    def __init__(self, connection: socket.socket, seconds: float, grace_seconds: float | None = None) -> None:
        """With `grace_seconds`, the body must arrive at the lowest rate after them."""
        self._socket = connection
        self._began, self._seconds, self._grace_seconds = time.monotonic(), seconds, grace_seconds
        self._received = 0
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def receive(self, size: int) -> bytes:
        """Return what has arrived, at most `size` bytes; b"" if the client has closed. Raises SlowBody."""
        while True:
            wait = min(self._seconds_left(), GRACE_SECONDS)
            if wait <= 0 or not self._poll.poll(wait * 1000):
                raise SlowBody("The body arrived too slowly.")
            try:
                data = self._socket.recv(size)
            except BlockingIOError:
                continue
            self._received += len(data)
            return data

    def _seconds_left(self) -> float:
        allowed = self._seconds
        if self._grace_seconds is not None:
            allowed = min(allowed, self._grace_seconds + self._received / LEAST_BYTES_PER_SECOND)
        return self._began + allowed - time.monotonic()


class Body:
    """A body as WSGI requires it. Subclasses define `_piece`, and `is_whole`, which is True when all of it was read."""

    is_whole: bool

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, or fewer at the end. Raises SlowBody."""
        pieces: list[bytes] = []
        wanted = 2**63 if size is None or size < 0 else size
        while wanted and (piece := self._piece(min(wanted, RECEIVED_AT_ONCE))):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def readline(self, size: int = -1) -> bytes:
        """Return a line. WSGI requires the method; forms and archives are not read by lines."""
        line = b""
        while not line.endswith(b"\n") and (byte := self.read(1)):
            line += byte
        return line

    def _piece(self, size: int) -> bytes:
        raise NotImplementedError


class SizedBody(Body):
    """A body with a Content-Length. `begun` is the part that arrived with the header."""

    def __init__(self, connection: Connection, begun: bytes, length: int) -> None:
        self._connection, self._begun, self._left = connection, begun[:length], length
        self._has_ended = False

    @property
    def is_whole(self) -> bool:  # type: ignore[override]
        return not self._left

    def _piece(self, size: int) -> bytes:
        if self._has_ended or not self._left:
            return b""
        size = min(size, self._left)
        try:
            piece = self._begun[:size] or self._connection.receive(size)
        except SlowBody:
            self._has_ended = True
            raise
        self._begun = self._begun[size:]
        self._left -= len(piece)
        self._has_ended = not piece
        return piece


class ChunkedBody(Body):
    """A body of unknown length, whose beginning the server has already received."""

    def __init__(self, connection: Connection, receiver: ChunkedReceiver) -> None:
        self._connection, self._receiver = connection, receiver

    @property
    def is_whole(self) -> bool:  # type: ignore[override]
        return bool(self._receiver.completed) and not len(self._receiver)

    def _piece(self, size: int) -> bytes:
        while not len(self._receiver) and not self._receiver.completed:
            data = self._connection.receive(RECEIVED_AT_ONCE)
            if not data:
                raise OSError("The body ended before its last chunk.")
            self._receiver.received(data)
            if self._receiver.error:
                raise OSError("A chunk of the body is invalid.")
        piece: bytes = self._receiver.getbuf().get(size, skip=True)
        return piece
