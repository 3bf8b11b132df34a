"""What every request under /api/v1 passes through: one shape for every error, rate limits, body size."""

from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelines_portal.external_api.errors import error_response, in_one_shape
from pipelines_portal.external_api.rate_limits import seconds_to_wait

View = Callable[[HttpRequest], HttpResponse]
PREFIX = "/api/v1/"
PIECE = 65_536
DRAINED_BYTES = 2 * settings.BODY_LIMIT_BYTES


class ErrorShapeMiddleware:
    """Errors that Django or ninja answer by themselves (no route, wrong method) get the API's shape."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return in_one_shape(response) if request.path.startswith(PREFIX) else response


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
        if request.path.startswith(PREFIX):
            _drain(body)
        return response


def _drain(body: BinaryIO) -> None:
    try:
        for _ in range(DRAINED_BYTES // PIECE):
            if not body.read(PIECE):
                return
    except OSError:
        # The client has gone; so has its interest in the answer.
        return


class RateLimitMiddleware:
    """429 for whoever has used up a bucket, before anything else is looked at."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wait = seconds_to_wait(request) if request.path.startswith(PREFIX) else 0
        if not wait:
            return self.get_response(request)
        answer = error_response(429, f"Too many requests. Try again in {wait} seconds.", retry_after=wait)
        answer["Retry-After"] = str(wait)
        return answer


class BodyLimitMiddleware:
    """413 for a body over the cap, whether or not a Content-Length announces it."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PREFIX) and not _fits(request):
            return error_response(413, f"The request body is larger than {settings.BODY_LIMIT_BYTES} bytes.")
        return self.get_response(request)


def _fits(request: HttpRequest) -> bool:
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
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
