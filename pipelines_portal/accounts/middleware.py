"""Middleware for sessions and the people who are signed in."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthentication
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from pipelines_portal.accounts.models import User
from pipelines_portal.core.database_errors import recording_result
from pipelines_portal.core.demo_accounts import is_refused
from pipelines_portal.web.rendering import render_notice
from pipelines_portal.web.texts import OURS_SENDING

View = Callable[[HttpRequest], HttpResponse]


class SessionMiddleware(DjangoMiddleware):
    """Return the response of a request that ended its own session, where Django would respond with 400.

    People end their own sessions with a reset link, by leaving, or by resetting their two-step verification.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_reading = request.method in ("GET", "HEAD")
        # The view may have saved what was sent, although the session cannot be saved now.
        with nullcontext() if is_reading else recording_result(OURS_SENDING):
            try:
                return super().process_response(request, response)
            except SessionInterrupted:
                request.session.flush()
                return super().process_response(request, response)


class AuthenticationMiddleware(DjangoAuthentication):
    """Set the person who was read with the session. Any session that is not plain is left to Django."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            request.user = _person(request)


def _person(request: Any) -> Any:
    if not hasattr(request, "_cached_user"):
        request._cached_user = _person_of_session(request) or get_user(request)
    return request._cached_user


def _person_of_session(request: HttpRequest) -> User | None:
    session = request.session
    user_id, backend, stored_hash = (
        session.get(name, "") for name in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)
    )
    person: User | None = getattr(session, "person", None)
    if person is None or user_id != str(person.pk) or not person.is_active or is_refused(person):
        return None
    is_backend = backend in settings.AUTHENTICATION_BACKENDS
    return person if is_backend and constant_time_compare(stored_hash, person.get_session_auth_hash()) else None


class LargeBodyMiddleware:
    """Refuse a large request of somebody who is not signed in before its body is read.

    The check of the CSRF token reads the whole form, but comes after all middleware.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length <= settings.STRANGERS_LARGEST_BODY or request.user.is_authenticated:
            return self.get_response(request)
        context = {
            "title": "Not sent: you’re signed out",
            "sentence": "Sign in in another tab, then go back and send again. Your text is still there.",
        }
        return render_notice(request, "web/message.html", context, status=413)
