"""Middleware of both programs."""

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import BadRequest, DisallowedHost
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers

from pipelines_portal.core import request_ids
from pipelines_portal.core.http.client_address import exact_address, is_sent_by_trusted_proxy

View = Callable[[HttpRequest], HttpResponse]
BEGAN_AT, USED_AT = "began_at", "used_at"
# Written down at most so often: a session is a row in the database.
STEP_SECONDS = 60
logger = logging.getLogger(__name__)


class RequestIdMiddleware:
    """The outermost: all lines about the request have the name, and so has the answer, whatever it is."""

    def __init__(self, get_response: View) -> None:
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


class KnownHostMiddleware:
    """A plain 400 for a host name that is not ours, before anything asks for the name.

    Django raises at the first who asks, with a traceback, and again in the page that says so.
    """

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


class NoStoreMiddleware:
    """`no-store` on every answer to a session, and on the one that begins it: neither proxies nor the browser keep
    for whoever comes next what people see who are signed in.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        name = settings.SESSION_COOKIE_NAME
        if name in request.COOKIES or name in response.cookies:
            add_never_cache_headers(response)
        return response


class SessionLimitsMiddleware:
    """Signs out whoever did nothing for SESSION_IDLE_MINUTES, and everybody SESSION_DAYS after they signed in.

    A page refreshing itself is nobody at work.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _end_or_note(request)
        return self.get_response(request)


@receiver(user_logged_in)
def _begin(request: HttpRequest, **more: object) -> None:
    request.session[BEGAN_AT] = request.session[USED_AT] = int(time.time())


def _end_or_note(request: HttpRequest) -> None:
    now = int(time.time())
    # A session from before its beginning was kept begins when it was used last.
    request.session.setdefault(BEGAN_AT, request.session.get(USED_AT, now))
    if is_over(request.session, now):
        logout(request)
    elif not _is_refresh(request) and now - request.session.get(USED_AT, 0) >= STEP_SECONDS:
        request.session[USED_AT] = now


def is_over(session: Any, now: int) -> bool:
    """Whether a session, or the data of one, is past its limits."""
    idle, age = now - session.get(USED_AT, now), now - session.get(BEGAN_AT, now)
    return bool(idle > settings.SESSION_IDLE_MINUTES * 60 or age > settings.SESSION_DAYS * 86_400)


def _is_refresh(request: HttpRequest) -> bool:
    return request.method == "GET" and "HX-Request" in request.headers


class ReadableAddressMiddleware:
    """A 400 for NUL in a query: PostgreSQL takes no text with it, and pages search by what stands there.

    Posted values are their forms' to refuse.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in unquote(request.META.get("QUERY_STRING", "")):
            raise BadRequest("NUL in the query")
        return self.get_response(request)
