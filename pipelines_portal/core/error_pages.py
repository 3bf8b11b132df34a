"""Pages for requests that fail, from a wrong address to an error of the portal itself."""

import sys
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from pipelines_portal.core import request_ids
from pipelines_portal.core.database_errors import RETRY_AFTER_SECONDS, NotRecorded, is_away, is_full
from pipelines_portal.core.exceptions import NotAllowed
from pipelines_portal.core.rendering import render_notice

TEMPLATE = "core/failure.html"
UNCERTAIN = "Whether what you sent was acted on is not certain: look at your submissions before you send it again."


@dataclass(frozen=True)
class Failure:
    """Words of an error page. `reading` is for requests that only read, `sending` for those that change something."""

    status: int
    title: str
    cause: str
    reading: str
    sending: str


FULL = Failure(
    507,
    "The portal has no room left",
    "The disk of its database is full.",
    "Nothing was changed. Tell whoever runs the portal; this page can be shown once there is room.",
    "What you sent was not kept, and nothing was changed. "
    "Tell whoever runs the portal; once there is room, go back and send it again.",
)
AWAY = Failure(
    503,
    "The portal is busy",
    "Its database does not answer, or is kept locked, for longer than a page waits.",
    "Nothing was changed. Try again in a moment.",
    f"Try again in a moment. {UNCERTAIN}",
)
OURS = Failure(
    500,
    "The portal had an error",
    "Something went wrong on our side.",
    "Nothing was changed. Tell whoever runs the portal, if it stays so.",
    UNCERTAIN,
)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an unhandled error without the database. htmx gets a note, so that the page stays as it is."""
    error = sys.exc_info()[1]
    failure = FULL if is_full(error) else AWAY if is_away(error) else OURS
    consequence = _consequence(request, failure, error)
    context = {"failure": failure, "consequence": consequence, "request_id": request_ids.current()}
    context["is_in_submissions"] = isinstance(error, NotRecorded) or UNCERTAIN in consequence
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    content = render_to_string(f"{TEMPLATE}#notice" if is_part else TEMPLATE, context)
    response = HttpResponse(content, status=failure.status)
    if is_part:
        response["HX-Retarget"], response["HX-Reswap"] = "#page-notice", "innerHTML show:none"
        response["HX-Push-Url"] = "false"
    if failure is AWAY:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _consequence(request: HttpRequest, failure: Failure, error: BaseException | None) -> str:
    if isinstance(error, NotRecorded):
        return str(error)
    return failure.reading if request.method in ("GET", "HEAD") else failure.sending


TOO_LARGE = (
    f"What was sent is larger than the portal takes: {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2} MB of "
    f"values, or {settings.LARGEST_FORM // 1024**2} MB with files. Nothing was changed. Go back, and send less at once."
)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show a 404. An exception with `title`, `sentence`, `action` and `address` provides the words and a link."""
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
