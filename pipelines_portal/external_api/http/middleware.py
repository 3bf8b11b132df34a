"""Middleware for what all responses under /api/v1 share, and that notes whether a request wrote to the database."""

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

from pipelines_portal.external_api.http.errors import with_error_shape

View = Callable[[HttpRequest], HttpResponse]
API_PREFIX = "/api/v1/"
IDEMPOTENCY_KEY = "Idempotency-Key"
HONOURING = re.compile(rf"{API_PREFIX}workflows/[^/]+/tasks(/upload(/[^/]+/confirm)?)?")


class IdempotencyKeyMiddleware:
    """Echo a valid Idempotency-Key where it is honoured, and with the document that says so."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key = request.headers.get(IDEMPOTENCY_KEY, "")
        if is_idempotency_key(key) and honours_keys(request.method or "", request.get_full_path()):
            response[IDEMPOTENCY_KEY] = key
        return response


def honours_keys(method: str, address: str) -> bool:
    """Return whether a request may be repeated with its key, or reads the document that says which may."""
    path, _, query = address.partition("?")
    if method == "GET":
        return path == f"{API_PREFIX}openapi.json"
    return method == "POST" and HONOURING.fullmatch(path) is not None and "dry_run=true" not in query.split("&")


def is_idempotency_key(text: str) -> bool:
    return re.fullmatch(r"[\x21-\x7e]{1,255}", text) is not None


class ErrorShapeMiddleware:
    """Give errors that Django or ninja answer (no route, wrong method) the API's shape.

    Responses under /api/v1 are never stored: a cache that does not know X-API-Key could give them to other callers.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX):
            return self.get_response(request)
        method = request.method
        if method == "HEAD":
            request.method = "GET"
        response = with_error_shape(self.get_response(request))
        request.method = method  # the web server leaves out the body for HEAD
        response["Cache-Control"] = "no-store"
        return response


class WriteNoteMiddleware:
    """Set `has_sent_a_write` on the request once the database received a statement that may change something."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def note(run: Callable[..., Any], sql: str, *more: Any) -> Any:
            if not sql.startswith("SELECT"):
                request.__dict__["has_sent_a_write"] = True
            return run(sql, *more)

        with connection.execute_wrapper(note):
            return self.get_response(request)
