"""Pages that belong to no app: what is shown when an address or a request is wrong."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.core.rendering import render_notice

TOO_LARGE = (
    f"What was sent is larger than the portal takes: {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2} MB of "
    f"values, or {settings.LARGEST_FORM // 1024**2} MB with files. Nothing was changed. Go back, and send less at once."
)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A 404 that knows the way on (`title`, `sentence`, `action`, `address`) says so."""
    sentence = "There is no such page, or it belongs to someone else. Check the address, or go back to your workflows."
    context = {"title": "Not found", "sentence": sentence}
    if hasattr(exception, "address"):
        context = {name: getattr(exception, name) for name in ("title", "sentence", "action", "address")}
    return render_notice(request, "core/message.html", context, status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return render_notice(request, "core/message.html", {"title": "Too large", "sentence": TOO_LARGE}, status=413)
    sentence = "The portal could not read this request. Nothing was changed. Go back and try again."
    return render_notice(request, "core/message.html", {"title": "Bad request", "sentence": sentence}, status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = str(exception) if isinstance(exception, NotAllowed) else "Your role does not allow this."
    return render_notice(request, "core/message.html", {"title": "Not allowed", "sentence": sentence}, status=403)
