"""A key that was removed while a page was at work with it."""

from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from pipelines_portal.core.rendering import render_notice
from pipelines_portal.keys.models import SavedKey

SENTENCE = (
    "The key was removed from this portal while the page was at work with it. Nothing was sent. "
    "Ask whoever owned it, or go on with another key."
)


class RemovedKeyMiddleware:
    """What a page wanted to keep belongs to a key that is gone: a 404 for people, as a moment later; never a 500.

    Everything is kept before it is sent, so nothing was.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        key_id = request.resolver_match.kwargs.get("key_id") if request.resolver_match else None
        if not isinstance(error, IntegrityError) or key_id is None or SavedKey.objects.filter(pk=key_id).exists():
            return None
        context = {"title": "The key was removed", "sentence": SENTENCE}
        return render_notice(request, "core/message.html", context, status=404)
