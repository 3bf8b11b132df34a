"""What both programs do with every request: known hosts only, sessions that end, answers that are not kept."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import DisallowedHost
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers

from pipelines_portal.core.http.client_address import exact_address

View = Callable[[HttpRequest], HttpResponse]
BEGAN_AT, USED_AT = "began_at", "used_at"
# Written down at most so often: a session is a row in the database.
STEP_SECONDS = 60
logger = logging.getLogger(__name__)


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
