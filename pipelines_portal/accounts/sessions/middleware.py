"""Django's session middleware, for sessions that end while a request is under way; and who the session is of."""

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthentication
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.demo_accounts import is_refused


class SessionMiddleware(DjangoMiddleware):
    """What the request did is done, and its answer says so: Django's would call it a bad request.

    People end their own sessions too: by a reset link, by leaving, by taking their own second step away.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            request.session.flush()
            return super().process_response(request, response)


class AuthenticationMiddleware(DjangoAuthentication):
    """Takes the person who was read with the session; whatever is not plain about them is left to Django."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:  # who it is of is asked for anyway, and often
            request.user = _person(request)


def _person(request: Any) -> Any:
    if not hasattr(request, "_cached_user"):
        request._cached_user = _of_the_session(request) or get_user(request)
    return request._cached_user


def _of_the_session(request: HttpRequest) -> User | None:
    session = request.session
    said, backend, kept = (session.get(name, "") for name in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY))
    person: User | None = getattr(session, "person", None)
    if person is None or said != str(person.pk) or not person.is_active or is_refused(person):
        return None
    is_backend = backend in settings.AUTHENTICATION_BACKENDS
    return person if is_backend and constant_time_compare(kept, person.get_session_auth_hash()) else None
