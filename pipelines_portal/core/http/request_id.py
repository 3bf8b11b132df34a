"""Gives every request its name, or takes over the one that it comes with."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pipelines_portal.core import request_ids
from pipelines_portal.core.http.client_address import is_sent_by_trusted_proxy


class RequestIdMiddleware:
    """The outermost: all lines about the request have the name, and so has the answer, whatever it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _told(request) or request_ids.new_id()
        request_ids.begin(request_id)
        response = self.get_response(request)
        response[request_ids.HEADER] = request_id
        return response


def _told(request: HttpRequest) -> str:
    """ "" for what is no name, and for those who are not believed."""
    told = request.META.get("HTTP_X_REQUEST_ID", "")
    if not told or not request_ids.fits(told):
        return ""
    return told if settings.TAKES_REQUEST_IDS or is_sent_by_trusted_proxy(request) else ""
