"""The page for an error of a view: a failed call, a key that can't be used, NUL, or a URL that only takes POST."""

from collections.abc import Callable

from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from pipelines_portal.api_client import PipelinesError
from pipelines_portal.keys.clients import KeyCannotBeOpened
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.error_pages import bad_request, failed_call, method_not_allowed
from pipelines_portal.web.rendering import render_notice


class ErrorPageMiddleware:
    """Answer with a page for people what would otherwise be an empty 405 or an error 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            return method_not_allowed(request, response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, PipelinesError):
            return failed_call(request, error)
        if isinstance(error, KeyCannotBeOpened):
            context = {"sentence": str(error), "nothing_sent": request.method not in ("GET", "HEAD")}
            return render_notice(request, "keys/unreadable.html", context, status=503)
        if isinstance(error, IntegrityError) and _key_was_removed(request):
            # Values are stored before they are sent, so nothing was sent.
            context = {
                "title": "Nothing was sent",
                "sentence": "Someone removed this key from the portal. Ask its owner, or use another key.",
            }
            return render_notice(request, "web/message.html", context, status=404)
        if isinstance(error, DataError) and _has_nul(request):
            return bad_request(request)
        return None


def _has_nul(request: HttpRequest) -> bool:
    """Return True if a form has NUL, which PostgreSQL refuses. Fields of forms say so themselves."""
    return any("\0" in value for _, values in request.POST.lists() for value in values if isinstance(value, str))


def _key_was_removed(request: HttpRequest) -> bool:
    """Return True if the key of the page was removed during the request, so that its rows cannot be stored."""
    key_id = request.resolver_match.kwargs.get("key_id") if request.resolver_match else None
    return key_id is not None and not SavedKey.objects.filter(pk=key_id).exists()
