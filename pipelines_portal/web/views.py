"""Pages that belong to no app: health, and what is shown when an address or the portal itself fails."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from .pages import render_notice


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Whether this process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A 404 that knows the way on (`title`, `sentence`, `action`, `address`) says so."""
    sentence = "There is no such page, or it belongs to someone else. Check the address, or go back to your workflows."
    context = {"title": "Not found", "sentence": sentence}
    if hasattr(exception, "address"):
        context = {name: getattr(exception, name) for name in ("title", "sentence", "action", "address")}
    return render_notice(request, "web/message.html", context, status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = "The portal could not read this request. Nothing was changed. Go back and try again."
    return render_notice(request, "web/message.html", {"title": "Bad request", "sentence": sentence}, status=400)
