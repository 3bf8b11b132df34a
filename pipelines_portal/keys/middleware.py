"""Notices for people where a key fails a view: a key that cannot be decrypted, and a key that was removed."""

from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from pipelines_portal.keys.clients import KeyCannotBeOpened
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.texts import KEY_REMOVED, KEY_REMOVED_TITLE
from pipelines_portal.web.rendering import render_notice


class UnreadableKeyMiddleware:
    """Respond with 503 and a notice if a view raises KeyCannotBeOpened."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, KeyCannotBeOpened):
            return None
        context = {"sentence": str(error), "nothing_sent": request.method not in ("GET", "HEAD")}
        return render_notice(request, "keys/unreadable.html", context, status=503)


class RemovedKeyMiddleware:
    """Respond with 404 and a notice if the key was removed during the request, so that its rows cannot be stored.

    Values are stored before they are sent, so nothing was sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        key_id = request.resolver_match.kwargs.get("key_id") if request.resolver_match else None
        if not isinstance(error, IntegrityError) or key_id is None or SavedKey.objects.filter(pk=key_id).exists():
            return None
        context = {"title": KEY_REMOVED_TITLE, "sentence": KEY_REMOVED}
        return render_notice(request, "web/message.html", context, status=404)
