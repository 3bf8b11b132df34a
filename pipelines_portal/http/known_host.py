"""Requests for a host name that is not ours: a plain 400, before anything asks for the name."""

import logging
from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string

from .client_address import exact_address

View = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger(__name__)


class KnownHostMiddleware:
    """Django raises at the first who asks for the host, with a traceback, and again in the page that says so."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            host = request.META.get("HTTP_HOST", "")[:100]
            logger.warning("Refused: the host %r is not in ALLOWED_HOSTS; from %s", host, exact_address(request))
            return HttpResponseBadRequest(render_to_string("wrong_host.html"))
        return self.get_response(request)
