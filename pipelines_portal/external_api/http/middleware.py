"""What every request under /api/v1 passes through: one shape for every error, and bounds for bodies."""

import time
from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelines_portal.external_api.http.errors import UNREADABLE, error_response, in_one_shape
from pipelines_portal.external_api.http.slow_bodies import end_reading, time_limit

View = Callable[[HttpRequest], HttpResponse]
API_PREFIX = "/api/v1/"
PIECE = 65_536
DRAINED_BYTES = 2 * settings.BODY_LIMIT_BYTES
DRAIN_SECONDS = 10
STORAGE_PREFIX = "/storage/"


class ErrorShapeMiddleware:
    """Errors that Django or ninja answer by themselves (no route, wrong method) get the API's shape."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return in_one_shape(response) if request.path.startswith(API_PREFIX) else response


class UnreadBodyMiddleware:
    """Reads what a view left unread of the body, within reason, before the answer goes out.

    A connection that is closed on a client still sending is reset, and the client never sees the answer:
    a 401 to a large batch would look like a batch that may have been processed.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        body = request.META["wsgi.input"]
        response = self.get_response(request)
        if not _has_body(request):
            return response
        with time_limit(request, DRAIN_SECONDS):
            if not _drain(body):
                # The server would go on reading, with one of its threads, before it takes the next request.
                end_reading(request)
        return response


def _drain(body: BinaryIO) -> bool:
    """Whether the body is at its end."""
    deadline = time.monotonic() + DRAIN_SECONDS
    try:
        for _ in range(DRAINED_BYTES // PIECE):
            if not body.read(PIECE):
                return True
            if time.monotonic() > deadline:
                return False
    except Exception:
        # The client has gone, and with it its interest in the answer; or what came is no chunk, as the server says.
        return True
    return False


class BodyTimeMiddleware:
    """A body that is not there in time ends where it is. The storage has rules of its own: archives take long."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(STORAGE_PREFIX) or not _has_body(request):
            return self.get_response(request)
        with time_limit(request, settings.BODY_SECONDS):
            return self.get_response(request)


def _has_body(request: HttpRequest) -> bool:
    return request.META.get("CONTENT_LENGTH", "0") not in ("", "0") or _is_chunked(request)


def _is_chunked(request: HttpRequest) -> bool:
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


class BodyLimitMiddleware:
    """413 for a body over the cap, whether or not a Content-Length announces it."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(API_PREFIX):
            try:
                if not _fits(request):
                    return error_response(413, f"The request body is larger than {settings.BODY_LIMIT_BYTES} bytes.")
            except Exception:
                # Each server has errors of its own for chunks that are none, or do not come.
                return error_response(400, UNREADABLE)
        return self.get_response(request)


def _fits(request: HttpRequest) -> bool:
    if _is_chunked(request):
        return _take_chunked_body(request)
    return int(request.META.get("CONTENT_LENGTH") or 0) <= settings.BODY_LIMIT_BYTES


def _take_chunked_body(request: HttpRequest) -> bool:
    """Read a body of unknown length, which Django alone takes for an empty one."""
    body = request.META["wsgi.input"].read(settings.BODY_LIMIT_BYTES + 1)
    if len(body) > settings.BODY_LIMIT_BYTES:
        return False
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)
    return True
