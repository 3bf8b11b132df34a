"""Connections and threads. Some bodies are streamed from the socket to the program, in separate threads.

waitress receives a whole body before it calls the program, so a slow client never holds a thread. A large body or an
archive would be written to disk that way before the program can refuse it. Pages have separate threads.
"""

import json
import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error

from pipelines_portal.core.web_server.bodies import GRACE_SECONDS, LEAST_BYTES_PER_SECOND
from pipelines_portal.core.web_server.ending import EndingServer
from pipelines_portal.core.web_server.requests import Request, Rules
from pipelines_portal.core.web_server.streams import StreamThreads

HEADER_SECONDS = 15
LARGE_BODIES_AT_ONCE = 8
# Above this share of the connection limit, idle connections are closed.
CROWDED = 0.8
# A client that is still sending when it is answered has this long to read the answer. What it sends is discarded.
LINGER_SECONDS = 5


class RequestTimeout(Error):
    code = 408
    reason = "Request Timeout"


class Busy(Error):
    code = 503
    reason = "Service Unavailable"

    def to_response(self, ident: Any = None) -> tuple[str, list[tuple[str, str]], bytes]:
        status, headers, body = super().to_response(ident)
        return status, [*headers, ("Retry-After", "5")], body


class Lingering:
    """Keeps the connection of a client that is still sending open after the answer.

    A connection that is closed while data arrives is reset, and the client never reads the answer.
    """

    channel: "Channel"
    request: Request
    close_on_finish: bool

    def service(self) -> None:
        super().service()  # type: ignore[misc]
        if self.channel.connected and self.request.has_unread_body:
            self.channel.lingers_until = time.time() + LINGER_SECONDS
            self.close_on_finish = False


class JsonError(Error):
    """An error in the shape of the API's own."""

    CODES = {400: "invalid_request", 413: "payload_too_large", 500: "internal_server_error", 503: "service_unavailable"}

    def __init__(self, error: Error) -> None:
        super().__init__(error.body)
        self._error = error

    def to_response(self, ident: Any = None) -> tuple[str, list[tuple[str, str]], bytes]:
        status, headers, _ = self._error.to_response(ident)
        body = {"error": self.CODES.get(self._error.code, "api_error"), "message": self._error.body}
        others = [(name, value) for name, value in headers if name != "Content-Type"]
        return status, [("Content-Type", "application/json"), *others], json.dumps(body).encode()


class Refusal(Lingering, ErrorTask):
    def execute(self) -> None:
        if self.channel.server.rules.has_json_errors:
            self.request.error = JsonError(self.request.error)
        super().execute()


class Task(Lingering, WSGITask):
    def write(self, data: bytes) -> None:
        """Write no body in answer to a HEAD request, whatever the program returned."""
        super().write(b"" if self.request.command == "HEAD" else data)

    def finish(self) -> None:
        if self.request.command == "HEAD":
            self.write(b"")
            self.chunked_response = False
        super().finish()

    def get_environment(self) -> dict[str, Any]:
        """Add the connection of a streamed body, so that a program can stop reading it from another thread."""
        request = self.request
        if request.streams:
            request.connection = self.channel.socket
        environ = super().get_environment()
        if request.streams:
            environ["web_server.socket"] = self.channel.socket
            if request.chunked:
                environ["HTTP_TRANSFER_ENCODING"] = "chunked"
        return environ


class Channel(HTTPChannel):
    parser_class = Request
    task_class = Task
    error_task_class = Refusal
    request: Request | None
    request_began = 0.0
    # When a response that the client does not read is abandoned.
    unread_until: float | None = None
    # Set after the last response: until this time, data from the client is discarded.
    lingers_until: float | None = None

    def received(self, data: bytes) -> bool:
        if self.lingers_until is not None:
            return True
        if self.request is None:
            self.request_began = time.time()
        return super().received(data)

    def send_continue(self) -> None:
        """Let the server wait for the body, unless it is streamed."""
        super().send_continue()
        if self.request is not None:
            self.request.completed = self.request.streams

    def service(self) -> None:
        """Answer one request, and drop pipelined ones: their responses would accumulate, each with an open file."""
        with self.requests_lock:
            if len(self.requests) > 1:
                del self.requests[1:]
                self.requests[0].headers["CONNECTION"] = "close"
            if self.server.is_ending:
                self.requests[0].headers["CONNECTION"] = "close"
        super().service()

    @property
    def is_idle(self) -> bool:
        """True if no request of this connection is being answered."""
        return not self.requests

    def end_lingering(self, now: float) -> None:
        """Tell the client that the response is complete, and close the connection after its time."""
        if self.lingers_until is None or self.total_outbufs_len:
            return
        if now > self.lingers_until:
            self.will_close = True
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.will_close = True

    def end_if_late(self, now: float, request_seconds: float) -> None:
        """Answer 408 if the header, or a body that the server buffers, is not complete in time."""
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
    """Streams some bodies in separate threads, and closes connections that do not send or read in time."""

    channel_class = Channel
    rules: Rules

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Archives are many and slow; large forms and JSON are few. The threads for archives start with the first one:
        # the portal never gets any, nor does an API whose storage is elsewhere.
        self.archives: StreamThreads | None = None
        self.large_bodies = StreamThreads(
            threads=LARGE_BODIES_AT_ONCE, waiting=32, for_each_address=24, senders_of=self.rules.senders_of
        )

    def add_task(self, channel: Channel) -> None:
        request = channel.requests[0]
        if request.streams:
            threads = self._archives() if request.is_archive else self.large_bodies
            if threads.add(channel):
                return
            request.refuse(Busy("Too many large requests at once. Try again in a moment."))
        self.task_dispatcher.add_task(channel)

    def _archives(self) -> StreamThreads:
        if self.archives is None:
            self.archives = StreamThreads(threads=64, waiting=64, for_each_address=32)
        return self.archives

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for threads in filter(None, (self.archives, self.large_bodies)):
            for channel in threads.take_overdue(now):
                channel.requests[0].refuse(Busy("Too many large requests at once. Try again in a moment."))
                self.task_dispatcher.add_task(channel)
        for channel in list(self.active_channels.values()):
            channel.end_if_late(now, self.rules.request_seconds)
            channel.end_if_unread(now)
            channel.end_lingering(now)
        self._close_idle_connections()

    def _close_idle_connections(self) -> None:
        """Close the oldest idle connections if there are too many. New clients send their request at once."""
        excess = len(self.active_channels) - int(self.adj.connection_limit * CROWDED)
        if excess > 0:
            idle = [channel for channel in self.active_channels.values() if channel.is_idle]
            for channel in sorted(idle, key=lambda one: one.creation_time)[: excess + len(idle) // 4]:
                channel.will_close = True

    def run(self) -> None:
        super().run()
        for threads in filter(None, (self.archives, self.large_bodies)):
            threads.shutdown()


def server_for(application: Any, listener: socket.socket, rules: Rules, options: Adjustments) -> Server:
    """Return a server for `listener`, which the caller must `run`."""
    Request.rules = Server.rules = rules
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(options.threads)
    where = (listener.family, listener.type, listener.proto, listener.getsockname())
    return Server(
        application, {}, True, listener, dispatcher=dispatcher, adj=options, bind_socket=False, sockinfo=where
    )
