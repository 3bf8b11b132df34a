"""A request, once its header has arrived: buffered by the server, streamed to the program, or refused."""

import socket
from typing import Any, Protocol

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

from pipelines_portal.core.web_server.bodies import (
    FORM_GRACE_SECONDS,
    GRACE_SECONDS,
    LEAST_BYTES_PER_SECOND,
    Body,
    ChunkedBody,
    Connection,
    SizedBody,
)

# Larger bodies are streamed, so that the program decides who the client is before the rest of the body is read.
BUFFERED_BYTES = 256 * 1024
LARGEST_LENGTH = 2**53


class Rules(Protocol):
    """Decisions of a program about a request, by its header."""

    @property
    def request_seconds(self) -> float: ...

    @property
    def has_json_errors(self) -> bool: ...

    def is_archive(self, method: str, path: str) -> bool: ...

    def refusal(self, request: "Request") -> Error | None: ...

    def senders_of(self, request: "Request") -> list[str]: ...


class Request(HTTPRequestParser):
    """A request. A streamed one is complete after its header; `begun` is the part of the body that came with it."""

    rules: Rules
    is_archive = streams = False
    refused: Error | None = None
    begun = b""
    connection: socket.socket
    body: Body | None = None

    @property
    def application_path(self) -> str:
        """The path as the program receives it: leading slashes are reduced to one."""
        return "/" + str(self.path).lstrip("/")

    @property
    def is_large(self) -> bool:
        return self.content_length > BUFFERED_BYTES

    @property
    def has_unread_body(self) -> bool:
        if self.refused:
            return bool(self.content_length or self.chunked)
        return self.streams and not (self.body and self.body.is_whole)

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.refused:
            self.error, self.completed, self.expect_continue = self.refused, True, False
            return len(data)
        if self.streams:
            self.error = None  # the server's own limit is for the bodies that it buffers
            self.begun = data[consumed:]
            return len(data)
        if self.chunked and not self.completed and self.body_bytes_received > BUFFERED_BYTES:
            self.streams = self.completed = True
            self.headers["CONNECTION"] = "close"
            return len(data)
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("The request line or a header is invalid.") from error
        if self.version not in ("1.0", "1.1"):
            raise ParsingError("The HTTP version is invalid.")
        if self.content_length > LARGEST_LENGTH:
            raise ParsingError("The Content-Length is invalid.")
        self.expect_continue = self.expect_continue and self.body_rcv is not None
        self._choose_handling()

    def refuse(self, error: Error) -> None:
        """Answer with `error` instead of passing the request to the program."""
        self.refused = self.error = error
        self.streams = False

    def _choose_handling(self) -> None:
        self.is_archive = self.content_length > 0 and self.rules.is_archive(self.command, self.application_path)
        self.refused = self.rules.refusal(self)
        self.streams = not self.refused and (self.is_archive or self.is_large)
        if self.streams or self.refused:
            self.body_rcv = None
            self.headers["CONNECTION"] = "close"

    def get_body_stream(self) -> Any:
        if not self.streams:
            return super().get_body_stream()
        if self.is_archive:
            seconds = GRACE_SECONDS + self.content_length / LEAST_BYTES_PER_SECOND
            connection = Connection(self.connection, seconds)
        else:
            connection = Connection(self.connection, self.rules.request_seconds, FORM_GRACE_SECONDS)
        if self.chunked:
            self.body = ChunkedBody(connection, self.body_rcv)
        else:
            self.body = SizedBody(connection, self.begun, self.content_length)
        return self.body
