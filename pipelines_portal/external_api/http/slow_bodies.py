"""Ending what comes too slowly: a thread that waits for a body is missing to everyone else.

The web server takes in small bodies before it calls a program, and hands out the connection of those that it streams:
reading from it can be ended from another thread. Under another server, or behind a proxy that buffers, nobody waits.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

# The connection of a body that the server hands on as it comes.
STREAMED = "web_server.socket"


def end_reading(request: HttpRequest) -> None:
    """Whoever reads the body finds its end at once; an answer can still be sent."""
    connection = request.META.get(STREAMED)
    try:
        if connection is not None:
            connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass  # the client has gone


@contextmanager
def time_limit(request: HttpRequest, seconds: float) -> Iterator[None]:
    """In the block, and after so many seconds, the body ends where it is."""
    if STREAMED not in request.META:  # it has come: there is nothing to end, and a timer is a thread
        yield
        return
    timer = threading.Timer(seconds, end_reading, [request])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
