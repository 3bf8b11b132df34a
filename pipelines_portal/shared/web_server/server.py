"""Connections and threads. Some bodies go from the socket to the program as they come, served by threads of their own.

waitress takes in a whole body before it calls the program, so that nobody slow ever holds a thread; an archive would be
written to disk twice that way, and could not be refused before it has all come. Pages keep their threads all the same.
"""

import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error

from .ending import EndingServer
from .requests import GRACE_SECONDS, LEAST_BYTES_PER_SECOND, Request, Rules

# Archives are many and slow; large forms and JSON are few, and cost the most to read.
ARCHIVE_THREADS, LARGE_BODY_THREADS = 64, 2
HEADER_SECONDS = 15
# Past this share of the connections, those that say nothing make room.
CROWDED = 0.8
# After the answer, for a client that still sends to read it.
LINGER_SECONDS = 0.5


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class Task(WSGITask):
    def write(self, data: bytes) -> None:
        """The answer to a HEAD has no body, whatever the program made."""
        super().write(b"" if self.request.command == "HEAD" else data)

    def finish(self) -> None:
        if self.request.command == "HEAD":
            self.write(b"")
            self.chunked_response = False
        super().finish()

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
    request: Request | None
    request_began = 0.0
    # Since when an answer waits for its reader, and until when it may.
    unread_until: float | None = None

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.request_began = time.time()
        return super().received(data)

    def send_continue(self) -> None:
        """The server waits for the body then; a streamed one it leaves to its reader."""
        super().send_continue()
        if self.request is not None:
            self.request.completed = self.request.streams

    def service(self) -> None:
        """One request a turn: answers to those sent ahead would pile up, a file open for each."""
        with self.requests_lock:
            if len(self.requests) > 1:
                del self.requests[1:]
                self.requests[0].headers["CONNECTION"] = "close"
            if self.server.is_ending:
                self.requests[0].headers["CONNECTION"] = "close"
        super().service()

    @property
    def is_quiet(self) -> bool:
        """Nothing of it is being worked on."""
        return not self.requests

    def end_if_late(self, now: float, request_seconds: float) -> None:
        """408 for a header, or a body that the server takes in, that has not come whole in time."""
        with self.requests_lock:
            request = self.request
            if request is None or self.requests:
                return
            if now - self.request_began < (request_seconds if request.headers_finished else HEADER_SECONDS):
                return
            request.error = RequestTimeout("The request did not come in time.")
            self.requests.append(request)
            self.request = None
        self.server.add_task(self)

    def end_if_unread(self, now: float) -> None:
        if not self.total_outbufs_len:
            self.unread_until = None
        elif self.unread_until is None:
            self.unread_until = now + GRACE_SECONDS + self.total_outbufs_len / LEAST_BYTES_PER_SECOND
        elif now > self.unread_until:
            self.will_close = True


class Server(EndingServer):
    """Streamed bodies have threads of their own; what is not said or read in time is not waited for."""

    channel_class = Channel
    rules: Rules

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.archives, self.large_bodies = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self.archives.set_thread_count(ARCHIVE_THREADS)
        self.large_bodies.set_thread_count(LARGE_BODY_THREADS)

    def add_task(self, channel: Channel) -> None:
        request = channel.requests[0]
        threads = self.task_dispatcher
        if request.streams:
            threads = self.archives if request.is_archive else self.large_bodies
        threads.add_task(channel)

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            channel.end_if_late(now, self.rules.request_seconds)
            channel.end_if_unread(now)
        self._make_room()

    def _make_room(self) -> None:
        """The longest silent first: a newcomer says what it wants at once."""
        crowd = len(self.active_channels) - int(self.adj.connection_limit * CROWDED)
        if crowd > 0:
            quiet = [channel for channel in self.active_channels.values() if channel.is_quiet]
            for channel in sorted(quiet, key=lambda one: one.creation_time)[: crowd + len(quiet) // 4]:
                channel.will_close = True

    def run(self) -> None:
        super().run()
        self.archives.shutdown(timeout=1)
        self.large_bodies.shutdown(timeout=1)


def server_for(application: Any, listener: socket.socket, rules: Rules, options: Adjustments) -> Server:
    """A server on `listener`, to be `run`."""
    Request.rules = Server.rules = rules
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(options.threads)
    where = (listener.family, listener.type, listener.proto, listener.getsockname())
    return Server(
        application, {}, True, listener, dispatcher=dispatcher, adj=options, bind_socket=False, sockinfo=where
    )
