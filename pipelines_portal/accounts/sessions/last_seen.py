"""When a person was last here: a page that refreshes itself is nobody at work."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.web.rendering import htmx_of

STEP = timedelta(minutes=1)


class LastSeenMiddleware:
    """Writes it down at most once a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not htmx_of(request):
            _note(request.user)
        return response


def _note(user: AbstractBaseUser | AnonymousUser) -> None:
    now = timezone.now()
    if not isinstance(user, User):
        return
    if user.last_seen_at is None or now - user.last_seen_at > STEP:
        User.objects.filter(pk=user.pk).update(last_seen_at=now)
