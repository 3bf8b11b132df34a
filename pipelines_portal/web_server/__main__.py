"""`python -m pipelines_portal.web_server portal` (or `external_api`): serve one of the programs until SIGTERM."""

import logging
import os
import re
import signal
import socket
import sys
from dataclasses import dataclass
from importlib import import_module
from types import FrameType

from waitress.adjustments import Adjustments

from .streaming import server_for

# What is larger goes to the program as it comes: to keep it for a slow client would fill the disk.
BUFFERED_BYTES = 1024 * 1024
# Only a body of unknown length is kept up to here; the programs say before that, in their own words, what is too much.
CHUNKED_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Program:
    """`streamed` are the paths whose bodies are archives, of any size."""

    wsgi: str
    port_name: str
    port: int
    streamed: re.Pattern[str]

    def is_streamed(self, method: str, path: str, length: int) -> bool:
        is_archive = method == "PUT" and self.streamed.match(path) is not None
        return length > BUFFERED_BYTES or (is_archive and length > 0)


PROGRAMS = {
    "portal": Program("pipelines_portal.wsgi", "PORT", 8000, re.compile(r"/.*/relay/$")),
    "external_api": Program("pipelines_portal.external_api.wsgi", "API_PORT", 8001, re.compile(r"/storage/")),
}


def main(name: str) -> None:
    program = PROGRAMS[name]
    signal.signal(signal.SIGTERM, _stop)
    application = import_module(program.wsgi).application
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listener = _listener(os.environ.get("BIND", "127.0.0.1"), int(os.environ.get(program.port_name, program.port)))
    request_seconds = float(os.environ.get("BODY_SECONDS", "60"))
    server_for(application, listener, program.is_streamed, request_seconds, _options()).run()


def _options() -> Adjustments:
    return Adjustments(
        threads=int(os.environ.get("WEB_THREADS", "8")),
        connection_limit=1000,
        asyncore_use_poll=True,  # select() knows only 1024 connections
        channel_timeout=60,
        cleanup_interval=2,
        max_request_header_size=65_536,
        max_request_body_size=CHUNKED_BYTES,
        outbuf_high_watermark=2**30,  # who does not read an answer never holds the thread that made it
        clear_untrusted_proxy_headers=False,  # TRUSTED_PROXIES says whose are believed
        ident=None,
    )


def _listener(host: str, port: int) -> socket.socket:
    """Several processes may listen on one port: the kernel shares the connections out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if int(os.environ.get("WEB_CONCURRENCY", "1")) > 1:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    return listener


def _stop(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main(sys.argv[1])
