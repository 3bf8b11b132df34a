"""Middleware for what all responses under /api/v1 share."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from pipelines_portal.external_api.http.errors import API_PREFIX, with_error_shape

View = Callable[[HttpRequest], HttpResponse]
IDEMPOTENCY_KEY = "Idempotency-Key"
HONOURING = re.compile(rf"{API_PREFIX}workflows/[^/]+/tasks(/upload(/[^/]+/confirm)?)?")


class ApiMiddleware:
    """What all answers under /api/v1 share.

    Errors that Django or ninja answer (no route, wrong method) have the API's shape. A valid Idempotency-Key is echoed
    where it is honoured, and with the document that says so. Nothing is stored on the way: a cache that does not know
    X-API-Key could give an answer to other callers.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX):
            return self.get_response(request)
        method = request.method or ""
        if method == "HEAD":
            request.method = "GET"
        response = with_error_shape(self.get_response(request))
        request.method = method  # the web server leaves out the body for HEAD
        response["Cache-Control"] = "no-store"
        key = request.headers.get(IDEMPOTENCY_KEY, "")
        if is_idempotency_key(key) and honours_keys(method, request.path, request.GET.get("dry_run", "")):
            response[IDEMPOTENCY_KEY] = key
        return response


def honours_keys(method: str, path: str, dry_run: str = "") -> bool:
    """Return whether a request may be repeated with its key, or reads the document that says which may."""
    if method == "GET":
        return path == f"{API_PREFIX}openapi.json"
    return method == "POST" and HONOURING.fullmatch(path) is not None and dry_run != "true"


def is_idempotency_key(text: str) -> bool:
    return re.fullmatch(r"[\x21-\x7e]{1,255}", text) is not None
