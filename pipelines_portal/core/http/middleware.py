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
# The time of last use is saved at most once in this time, since a session is a row in the database.
SAVE_SECONDS = 60
logger = logging.getLogger(__name__)


class RequestIdMiddleware:
    """Gives every request an ID, or uses the one that a trusted sender gave it. It is the outermost middleware."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _request_id_from_sender(request) or request_ids.new_id()
        request_ids.begin(request_id)
        response = self.get_response(request)
        response[request_ids.HEADER] = request_id
        return response


def _request_id_from_sender(request: HttpRequest) -> str:
    """Return the ID in the header, or "" if it is invalid or the sender is not trusted."""
    request_id = request.META.get("HTTP_X_REQUEST_ID", "")
    if not request_id or not request_ids.fits(request_id):
        return ""
    return request_id if settings.TAKES_REQUEST_IDS or is_sent_by_trusted_proxy(request) else ""


class UnknownHostResponse(HttpResponseBadRequest):
    """The page for a host name that is not in ALLOWED_HOSTS."""


class KnownHostMiddleware:
    """Answers 400 for an unknown host name before other code reads it.

    Django would raise an error with a traceback, and again while it renders the error page.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            host = request.META.get("HTTP_HOST", "")[:100]
            logger.warning("Refused: the host %r is not in ALLOWED_HOSTS; from %s", host, exact_address(request))
            return UnknownHostResponse(render_to_string("wrong_host.html"))
        return self.get_response(request)


class NoStoreMiddleware:
    """Adds `no-store` to every response in a session, so that neither proxies nor the browser store it for others."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        name = settings.SESSION_COOKIE_NAME
        if name in request.COOKIES or name in response.cookies:
            add_never_cache_headers(response)
        return response


class SessionLimitsMiddleware:
    """Signs people out after SESSION_IDLE_MINUTES without activity, and SESSION_DAYS after they signed in.

    A page that refreshes itself is not activity.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _end_or_extend(request)
        return self.get_response(request)


@receiver(user_logged_in)
def _record_start(request: HttpRequest, **more: object) -> None:
    request.session[BEGAN_AT] = request.session[USED_AT] = int(time.time())


def _end_or_extend(request: HttpRequest) -> None:
    now = int(time.time())
    # A session that was made without signing in, as tests do, starts at its last use.
    request.session.setdefault(BEGAN_AT, request.session.get(USED_AT, now))
    if is_over(request.session, now):
        logout(request)
    elif not _is_refresh(request) and now - request.session.get(USED_AT, 0) >= SAVE_SECONDS:
        request.session[USED_AT] = now


def is_over(session: Any, now: int) -> bool:
    """Return True if a session, or its data, is past its limits."""
    idle, age = now - session.get(USED_AT, now), now - session.get(BEGAN_AT, now)
    return bool(idle > settings.SESSION_IDLE_MINUTES * 60 or age > settings.SESSION_DAYS * 86_400)


def _is_refresh(request: HttpRequest) -> bool:
    return request.method == "GET" and "HX-Request" in request.headers


class ReadableAddressMiddleware:
    """Answers 400 for NUL in a query: PostgreSQL refuses it, and pages search by values of the query.

    Forms refuse it in posted values.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in unquote(request.META.get("QUERY_STRING", "")):
            raise BadRequest("NUL in the query")
        return self.get_response(request)
