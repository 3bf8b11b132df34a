"""What is shown when the portal itself fails. Nothing here asks the database."""

import sys
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from pipelines_portal.core import request_ids
from pipelines_portal.core.locked_database import RETRY_AFTER_SECONDS, Unwritten, is_away, is_full

TEMPLATE = "core/failure.html"
UNCERTAIN = "Whether what you sent was acted on is not certain: look at your submissions before you send it again."


@dataclass(frozen=True)
class Failure:
    """`reading` and `sending` say what became of a request that only reads, and of one that changes something."""

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
    """For whatever a middleware or view let through; for htmx as a note, so that what is on show stays."""
    error = sys.exc_info()[1]
    failure = FULL if is_full(error) else AWAY if is_away(error) else OURS
    became = _became(request, failure, error)
    context = {"failure": failure, "became": became, "request_id": request_ids.current()}
    context["is_in_submissions"] = isinstance(error, Unwritten) or UNCERTAIN in became
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    content = render_to_string(f"{TEMPLATE}#notice" if is_part else TEMPLATE, context)
    response = HttpResponse(content, status=failure.status)
    if is_part:
        response["HX-Retarget"], response["HX-Reswap"] = "#page-notice", "innerHTML show:none"
        response["HX-Push-Url"] = "false"
    if failure is AWAY:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _became(request: HttpRequest, failure: Failure, error: BaseException | None) -> str:
    if isinstance(error, Unwritten):
        return str(error)
    return failure.reading if request.method in ("GET", "HEAD") else failure.sending
