"""A session that nobody uses ends, long before its cookie does."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

View = Callable[[HttpRequest], HttpResponse]
USED_AT = "used_at"
# Written down at most so often: a session is a row in the database.
STEP_SECONDS = 60


class IdleSessionMiddleware:
    """Signs out whoever did nothing for SESSION_IDLE_MINUTES. A page refreshing itself is nobody at work."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _end_or_note(request)
        return self.get_response(request)


@receiver(user_logged_in)
def _begin(request: HttpRequest, **more: object) -> None:
    request.session[USED_AT] = int(time.time())


def _end_or_note(request: HttpRequest) -> None:
    now = int(time.time())
    used_at = request.session.get(USED_AT, now)
    if now - used_at > settings.SESSION_IDLE_MINUTES * 60:
        logout(request)
    elif not _is_refresh(request) and now - request.session.get(USED_AT, 0) >= STEP_SECONDS:
        request.session[USED_AT] = now


def _is_refresh(request: HttpRequest) -> bool:
    return request.method == "GET" and "HX-Request" in request.headers
