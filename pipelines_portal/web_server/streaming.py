"""Bodies that go from the socket to the program as they come, served by threads of their own.

waitress takes in a whole body before it calls the program, so that nobody slow ever holds a thread; an archive would be
written to disk twice that way, and could not be refused before it has all come. Pages keep their threads all the same.
"""

import select
import socket
import time
from collections.abc import Callable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error

# A streamed body may take this long, and as long as it takes at the least rate.
GRACE_SECONDS = 60
LEAST_BYTES_PER_SECOND = 4096
STREAMING_THREADS = 64
# After the answer, for a client that still sends to read it.
LINGER_SECONDS = 0.5
IsStreamed = Callable[[str, str, int], bool]


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class SlowBody(OSError):
    """Nothing more of the body came in time."""


class SocketBody:
    """`wsgi.input` over a connection that the server itself does not read meanwhile."""

    def __init__(self, connection: socket.socket, begun: bytes, length: int) -> None:
        self._connection = connection
        self._begun = begun[:length]
        self._left = length
        self._missing = length
        self._deadline = time.monotonic() + GRACE_SECONDS + length / LEAST_BYTES_PER_SECOND
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

    is_streamed: IsStreamed
    streams = False
    begun = b""
    connection: socket.socket
    body: SocketBody

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if not self.streams:
            return consumed
        self.error = None  # a body is too large for the server when it would have to keep it
        self.begun = data[consumed:]
        return len(data)

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.streams = not self.chunked and self.is_streamed(self.command, self.path, self.content_length)
        if self.streams:
            self.body_rcv = None
            self.headers["CONNECTION"] = "close"

    def get_body_stream(self) -> Any:
        if self.streams:
            self.body = SocketBody(self.connection, self.begun, self.content_length)
            return self.body
        return super().get_body_stream()


class Task(WSGITask):
    def service(self) -> None:
        super().service()
        if self.request.streams and self.channel.connected and not self.request.body.is_whole:
            self._linger()

    def _linger(self) -> None:
        """A connection closed on somebody who is still sending is reset, and the answer lost on the way."""
        connection, deadline = self.channel.socket, time.monotonic() + LINGER_SECONDS
        try:
            while self.channel.total_outbufs_len and time.monotonic() < deadline:
                time.sleep(0.02)
            connection.shutdown(socket.SHUT_WR)
            while time.monotonic() < deadline:
                _discard(connection)
        except OSError:
            return  # closed by the other side

    def get_environment(self) -> dict[str, Any]:
        """With the connection, so that a program may end a body that it no longer waits for."""
        if self.request.streams:
            self.request.connection = self.channel.socket
        environ = super().get_environment()
        if self.request.streams:
            environ["web_server.socket"] = self.channel.socket
        return environ


def _discard(connection: socket.socket) -> None:
    """What has come, or a moment's wait. Raises OSError once nothing more will come."""
    try:
        if not connection.recv(262_144):
            connection.getpeername()
            time.sleep(0.05)
    except BlockingIOError:
        time.sleep(0.05)


class Channel(HTTPChannel):
    parser_class = Request
    task_class = Task
    request_began = 0.0

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.request_began = time.time()
        return super().received(data)

    def send_continue(self) -> None:
        """The server waits for the body then; a streamed one it leaves to its reader."""
        super().send_continue()
        self.request.completed = self.request.streams

    def end_if_late(self, before: float) -> None:
        """408 for a header, or a body that is not streamed, that began so long ago and has not come whole."""
        with self.requests_lock:
            if self.request is None or self.requests or self.request_began > before:
                return
            self.request.error = RequestTimeout("The request did not come in time.")
            self.requests.append(self.request)
            self.request = None
        self.server.add_task(self)


class Server(TcpWSGIServer):
    """Streamed bodies have threads of their own; what is not said in time is not waited for."""

    channel_class = Channel
    # For a header, and for a body that is not streamed, to come whole.
    request_seconds = 60.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.streaming = ThreadedTaskDispatcher()
        self.streaming.set_thread_count(STREAMING_THREADS)

    def add_task(self, channel: Channel) -> None:
        threads = self.streaming if channel.requests[0].streams else self.task_dispatcher
        threads.add_task(channel)

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            channel.end_if_late(now - self.request_seconds)

    def run(self) -> None:
        super().run()
        self.streaming.shutdown(timeout=1)


def server_for(
    application: Any, listener: socket.socket, is_streamed: IsStreamed, request_seconds: float, options: Adjustments
) -> Server:
    """A server on `listener`, to be `run`. `is_streamed` judges by method, path and announced length."""
    Request.is_streamed = staticmethod(is_streamed)
    Server.request_seconds = request_seconds
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(options.threads)
    where = (listener.family, listener.type, listener.proto, listener.getsockname())
    return Server(
        application, {}, True, listener, dispatcher=dispatcher, adj=options, bind_socket=False, sockinfo=where
    )
