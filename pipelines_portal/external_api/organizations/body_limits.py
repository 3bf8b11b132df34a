"""Limit the size of request bodies under /api/v1, and who may send a large one."""

import threading
from collections.abc import Callable
from io import BytesIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelines_portal.external_api.http.errors import API_PREFIX, error_response, unreadable_body
from pipelines_portal.external_api.http.slow_bodies import STREAMED
from pipelines_portal.external_api.organizations.presented_keys import authenticating_key

View = Callable[[HttpRequest], HttpResponse]
TOO_LARGE = f"The request body is larger than {settings.BODY_LIMIT_BYTES} bytes."
# Parsed JSON takes many times the memory of its text.
LARGE_BODIES_PARSED_AT_ONCE = 2


class BodyLimitMiddleware:
    """Answer 413 to a body over the limit, whether or not a Content-Length announces it.

    Without a valid key no body is read here: the view answers 401 without reading it.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response
        self._parsing = threading.BoundedSemaphore(LARGE_BODIES_PARSED_AT_ONCE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX):
            return self.get_response(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.BODY_LIMIT_BYTES:
            return error_response(413, TOO_LARGE)
        if authenticating_key(request) is None or not (STREAMED in request.META or _is_chunked(request)):
            return self.get_response(request)
        if refusal := _refusal_after_reading(request):
            return refusal
        with self._parsing:
            return self.get_response(request)


def _refusal_after_reading(request: HttpRequest) -> HttpResponse | None:
    """Read a body that is still arriving. Return the answer if it is too large or does not arrive."""
    try:
        if _is_chunked(request) and not _take_chunked_body(request):
            return error_response(413, TOO_LARGE)
        _ = request.body
    except OSError as error:
        return unreadable_body(error)
    return None


def _is_chunked(request: HttpRequest) -> bool:
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def _take_chunked_body(request: HttpRequest) -> bool:
    """Read a body of unknown length, which Django alone takes for an empty one. Return False if it is too large."""
    body = request.META["wsgi.input"].read(settings.BODY_LIMIT_BYTES + 1)
    if len(body) > settings.BODY_LIMIT_BYTES:
        return False
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)
    return True
