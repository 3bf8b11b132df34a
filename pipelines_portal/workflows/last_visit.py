"""Remember when a person last opened a page, and the key and the workflow that they used last."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.database_errors import is_away, is_full
from pipelines_portal.web.rendering import htmx_of
from pipelines_portal.workflows.marks import visit

# `last_seen_at` is written at most this often.
SEEN_INTERVAL = timedelta(minutes=1)


class LastVisitMiddleware:
    """Store the visit after the response. Parts of pages and pages that refresh themselves do not count."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or htmx_of(request):
            return response
        user = request.user
        if not isinstance(user, User):
            return response
        try:
            _store_visit(request, user, response)
        except (OperationalError, InterfaceError) as error:
            # The page was read all the same.
            if not (is_full(error) or is_away(error)):
                raise
        return response


def _store_visit(request: HttpRequest, user: User, response: HttpResponse) -> None:
    now = timezone.now()
    if user.last_seen_at is None or now - user.last_seen_at > SEEN_INTERVAL:
        User.objects.filter(pk=user.pk).update(last_seen_at=now)
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    if "key_id" in kwargs and response.status_code == 200:
        _remember(request, user, kwargs["key_id"], kwargs.get("workflow_id"))


def _remember(request: HttpRequest, user: User, key_id: int, workflow_id: int | None) -> None:
    """Write only what has changed: the session is a row in the database. A 404 is not remembered."""
    if request.session.get("last_key") != key_id:
        request.session["last_key"] = key_id
    if workflow_id and request.session.get("last_workflow") != [key_id, workflow_id]:
        request.session["last_workflow"] = [key_id, workflow_id]
        visit(key_id, workflow_id, user)
