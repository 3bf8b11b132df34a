"""Serve one of the programs until SIGTERM: `python -m pipelines_portal.core.web_server portal`, or `external_api`."""

import gc
import logging
import re
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from io import BytesIO
from types import FrameType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.http import parse_cookie
from django.urls import get_resolver
from django.utils.module_loading import import_string
from waitress.adjustments import Adjustments
from waitress.utilities import Error

from pipelines_portal.core import environment
from pipelines_portal.core.log_lines import log_uncaught_exceptions
from pipelines_portal.core.preparation import refuse_other_tables
from pipelines_portal.core.start_line import log_setup_link, log_start
from pipelines_portal.core.web_server.ending import EndingServer
from pipelines_portal.core.web_server.requests import BUFFERED_BYTES, Request
from pipelines_portal.core.web_server.server import server_for

# Memory for a body that the server buffers; the rest of it goes to a temporary file.
BODY_MEMORY_BYTES = 32 * 1024


class TooLarge(Error):
    code = 413
    reason = "Content Too Large"


class LengthRequired(Error):
    code = 411
    reason = "Length Required"


@dataclass(frozen=True)
class Program:
    """How the server runs a program.

    `archives` matches paths to which archives of any size are PUT. `large_bodies` matches paths that accept more than
    256 kB from everybody, because the program checks a key before it reads the body. All other paths accept as much
    only with a `session_cookie`.
    """

    wsgi: str
    port_name: str
    port: int
    archives: re.Pattern[str] | None = None
    large_bodies: re.Pattern[str] | None = None
    session_cookie: str = ""
    has_json_errors: bool = False
    request_seconds: float = 60.0

    def is_archive(self, method: str, path: str) -> bool:
        return method == "PUT" and self.archives is not None and self.archives.match(path) is not None

    def refusal(self, request: Request) -> Error | None:
        """Return the error for a body that this program never accepts."""
        accepts_large = self.large_bodies is not None and self.large_bodies.match(request.application_path) is not None
        if request.chunked and not accepts_large:
            return LengthRequired("Send a Content-Length with the body.")
        if not request.is_large or request.is_archive or accepts_large or self._has_session_cookie(request):
            return None
        return TooLarge(f"Without a session, a body may have at most {BUFFERED_BYTES} bytes.")

    def senders_of(self, request: Request) -> list[str]:
        """Return the names of the keys or of the person in a request's header. Reads the database."""
        environ = {f"HTTP_{name}": value for name, value in request.headers.items()}
        senders_of = import_string(settings.BODY_SENDERS)
        try:
            senders: list[str] = senders_of(WSGIRequest({"REQUEST_METHOD": "POST", "wsgi.input": BytesIO(), **environ}))
        except (DatabaseError, InterfaceError):  # the program says so
            return []
        finally:
            close_old_connections()
        return senders

    def _has_session_cookie(self, request: Request) -> bool:
        """Return True if there is a cookie. The program checks its value."""
        return bool(self.session_cookie) and self.session_cookie in parse_cookie(request.headers.get("COOKIE", ""))


PROGRAMS = {
    "portal": Program("pipelines_portal.wsgi", "PORT", 8000),
    "external_api": Program(
        "pipelines_portal.external_api.wsgi",
        "API_PORT",
        8001,
        archives=re.compile(r"/storage/"),
        large_bodies=re.compile(r"/api/v1/"),
        has_json_errors=True,
    ),
}


def main(name: str) -> None:
    program = PROGRAMS[name]
    _on_signal(_stop)
    gc.disable()  # until everything is loaded: looking through it again and again took a fifth of the start
    application = import_module(program.wsgi).application
    with suppress(DatabaseError, InterfaceError):  # a database that is away may answer later
        refuse_other_tables()
    _load_all_and_freeze()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    env = environment.load_env()
    host, port = environment.bind(env), environment.port(env, program.port_name, program.port)
    try:
        listener = _listener(host, port, is_shared=environment.web_concurrency(env) > 1)
    except OSError as error:
        sys.exit(f"{host}:{port} cannot be listened on ({error.strerror}). Set BIND or {program.port_name}.")
    rules = replace(program, request_seconds=settings.BODY_SECONDS)
    if name == "portal":
        rules = replace(rules, session_cookie=settings.SESSION_COOKIE_NAME)
    log_start(f"http://{host}:{port}")
    log_setup_link()
    connection.close()
    server = server_for(application, listener, rules, _options(environment.web_threads(env), _most_connections()))
    _on_signal(partial(_stop_in_order, server))
    server.run()


def _on_signal(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _load_all_and_freeze() -> None:
    """Load every page, and exclude all objects from garbage collection, whose full runs delayed pages by 40 ms."""
    get_resolver()._populate()
    gc.freeze()
    gc.enable()


def _most_connections() -> int:
    """Raise the limit of open files as far as possible, and return the number of connections that fit into it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(100, min(4000, hard // 2 - 200))


def _options(threads: int, connections: int) -> Adjustments:
    return Adjustments(
        threads=threads,
        connection_limit=connections,
        asyncore_use_poll=True,  # select() knows only 1024 connections
        channel_timeout=60,
        cleanup_interval=1,
        max_request_header_size=65_536,
        inbuf_overflow=BODY_MEMORY_BYTES,
        max_request_body_size=4 * BUFFERED_BYTES,  # larger bodies are streamed, also those of unknown length
        outbuf_high_watermark=2**30,  # a client that does not read its response never blocks a thread
        clear_untrusted_proxy_headers=False,  # TRUSTED_PROXIES decides which are trusted
        ident=None,
    )


def _listener(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """Open the listening socket. Several processes may share a port: the kernel distributes the connections."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    return listener


def _stop(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _stop_in_order(server: EndingServer, signal_number: int, frame: FrameType | None) -> None:
    """Finish all requests. A second signal ends the process at once."""
    _on_signal(_stop)
    server.end_soon()


if __name__ == "__main__":
    log_uncaught_exceptions()
    try:
        main(sys.argv[1])
    except ImproperlyConfigured as error:
        sys.exit(str(error))
