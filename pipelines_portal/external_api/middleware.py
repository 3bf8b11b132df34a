"""What every request under /api/v1 passes through: body size, and one shape for every error."""

from collections.abc import Callable
from io import BytesIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelines_portal.external_api.errors import error_response, in_one_shape

View = Callable[[HttpRequest], HttpResponse]
PREFIX = "/api/v1/"
PIECE = 65_536


class ErrorShapeMiddleware:
    """Errors that Django or ninja answer by themselves (no route, wrong method) get the API's shape."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return in_one_shape(response) if request.path.startswith(PREFIX) else response


class BodyLimitMiddleware:
    """413 for a body over the cap, whether or not a Content-Length announces it."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PREFIX) and not self._fits(request):
            return error_response(413, f"The request body is larger than {settings.BODY_LIMIT_BYTES} bytes.")
        return self.get_response(request)

    def _fits(self, request: HttpRequest) -> bool:
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            return _take_chunked_body(request)
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if int(announced) <= settings.BODY_LIMIT_BYTES:
            return True
        _drain(request)
        return False


def _take_chunked_body(request: HttpRequest) -> bool:
    """Read a body of unknown length, which Django alone takes for an empty one."""
    stream = request.META["wsgi.input"]
    body = stream.read(settings.BODY_LIMIT_BYTES + 1)
    if len(body) > settings.BODY_LIMIT_BYTES:
        _drain(request)
        return False
    request.META["CONTENT_LENGTH"] = str(len(body))
    request.META["wsgi.input"] = request._stream = BytesIO(body)
    return True


def _drain(request: HttpRequest) -> None:
    """Let a client that goes on sending finish, within reason: closed on it, it would never read the 413."""
    for _ in range(settings.BODY_LIMIT_BYTES // PIECE):
        if not request.META["wsgi.input"].read(PIECE):
            return
