"""Addresses that no database can be asked about."""

from collections.abc import Callable
from urllib.parse import unquote

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse


class ReadableAddressMiddleware:
    """A 400 for NUL in a query: PostgreSQL takes no text with it, and pages search by what stands there.

    Posted values are their forms' to refuse.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in unquote(request.META.get("QUERY_STRING", "")):
            raise BadRequest("NUL in the query")
        return self.get_response(request)
