"""Stop reading an archive that arrives too slowly.

The web server passes the connection of a streamed body to the program, so that another thread can stop the reading.
Another server, or a proxy that buffers, receives the whole body first: then there is nothing to stop.
"""

import socket

from django.http import HttpRequest

# The key in `request.META` of the connection whose body the server streams.
STREAMED = "web_server.socket"


def end_reading(request: HttpRequest) -> None:
    """Make the reader of the body see its end now. A response can still be sent."""
    connection = request.META.get(STREAMED)
    try:
        if connection is not None:
            connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass  # the client has gone
