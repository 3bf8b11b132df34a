"""Pages for requests that fail, from a wrong address to an error of the portal itself."""

import sys
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.log import log_response

from pipelines_portal.api_client import (
    ApiError,
    ConnectionFailed,
    Held,
    NotSent,
    PipelinesError,
    RateLimited,
    Unauthorized,
    UnexpectedResponse,
)
from pipelines_portal.core import request_ids
from pipelines_portal.core.database_errors import RETRY_AFTER_SECONDS, NotRecorded, is_away, is_full, is_read_only
from pipelines_portal.web import texts
from pipelines_portal.web.error_sentences import explain, wait_of
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.web.rendering import htmx_of, is_part_of_page, render_notice

TEMPLATE = "web/failure.html"
# htmx shows a response with this status, and stops refreshing.
STOP_POLLING = 286


@dataclass(frozen=True)
class Failure:
    """Words of an error page. `reading` is for requests that only read, `sending` for those that change something.

    `is_uncertain`: what was sent may be saved.
    """

    status: int
    title: str
    reading: str
    sending: str
    is_uncertain: bool = True


FULL = Failure(
    507,
    "The portal is out of disk space",
    "Ask your administrator to free some space.",
    "What you sent wasn’t saved. Ask your administrator to free some space, then send it again.",
    is_uncertain=False,
)
AWAY = Failure(
    503,
    "The portal is busy",
    "The database is not responding. Try again in a minute.",
    "The database is not responding. We don’t know if this was saved. Check Sent before you try again.",
)
READ_ONLY = Failure(
    503,
    "The portal can’t save anything",
    "Its database is read-only. Ask your administrator to make it writable.",
    "What you sent wasn’t saved: the database is read-only. Ask your administrator, then send it again.",
    is_uncertain=False,
)
OURS = Failure(
    500,
    "The portal had an error",
    "Try again. If this keeps happening, contact your administrator.",
    texts.OURS_SENDING,
)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an unhandled error without the database. htmx gets a note, so that the page stays as it is."""
    error = sys.exc_info()[1]
    failure = FULL if is_full(error) else READ_ONLY if is_read_only(error) else AWAY if is_away(error) else OURS
    is_reading = request.method in ("GET", "HEAD")
    context = {
        "failure": failure,
        "sentence": _sentence(failure, error, is_reading=is_reading),
        "request_id": request_ids.current(),
        "is_in_submissions": isinstance(error, NotRecorded) or (failure.is_uncertain and not is_reading),
        "retry_url": request.get_full_path() if is_reading else "",
    }
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    content = render_to_string(f"{TEMPLATE}#notice" if is_part else TEMPLATE, context)
    response = HttpResponse(content, status=failure.status)
    if is_part:
        response["HX-Retarget"], response["HX-Reswap"] = "#page-notice", "innerHTML show:none"
        response["HX-Push-Url"] = "false"
    if failure is AWAY:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _sentence(failure: Failure, error: BaseException | None, *, is_reading: bool) -> str:
    if isinstance(error, NotRecorded):
        return str(error)
    return failure.reading if is_reading else failure.sending


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Show a 404. An exception with `title`, `sentence`, `action` and `address` provides the words and a link."""
    context = {"title": "Page not found", "sentence": "It may have been removed, or you don’t have access."}
    if hasattr(exception, "address"):
        context = {name: getattr(exception, name) for name in ("title", "sentence", "action", "address")}
    return render_notice(request, "web/message.html", context, status=404)


def method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    """Show a 405, for an address that only receives forms and was opened, such as by a reload after an error."""
    words = {"title": "This address can’t be opened", "sentence": "It only receives what a page of the portal sends."}
    response = render_notice(request, "web/message.html", words | {"action": "Go to Home", "address": "/"}, status=405)
    response["Allow"] = allowed
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        text, files = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2, settings.LARGEST_FORM // 1024**2
        sentence = f"Send at most {text} MB of text, or {files} MB with files. Go back and send less."
        context = {"title": "Too much to send", "sentence": sentence}
        return render_notice(request, "web/message.html", context, status=413)
    context = {
        "title": "Page not sent",
        "sentence": "The portal couldn’t read what your browser sent. Go back and try again.",
    }
    return render_notice(request, "web/message.html", context, status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = str(exception) if isinstance(exception, NotAllowed) else "Your role doesn’t allow this."
    context = {"title": "Not allowed", "sentence": sentence}
    return render_notice(request, "web/message.html", context, status=403)


def failed_call(request: HttpRequest, error: PipelinesError) -> HttpResponse:
    words = explain(error)
    if isinstance(error, NotSent) and _refreshes_itself(request):
        words = replace(words, sentence="We’ll retry shortly.")
    if isinstance(error, Held) and _refreshes_itself(request):
        words = replace(words, sentence=f"Updates resume automatically in {wait_of(error):,} s.")
    cause = cause_for(getattr(request, "user", None), error)
    context = {
        "words": words,
        "request_id": request_ids.current(),
        # A whole page has it as its heading.
        "note_title": words.title if is_part_of_page(request) else "",
        "retry_after": str(words.retry_after) if words.retry_after else "",
        # A link can only repeat a GET.
        "retry_url": request.get_full_path() if words.can_retry and request.method in ("GET", "HEAD") else "",
        "maybe_processed": error.maybe_processed,
        "for_administrator": "" if cause in words.sentence else cause,
        "nothing_sent": request.method == "POST" and not error.maybe_processed,
    }
    status = STOP_POLLING if isinstance(error, Unauthorized) and _refreshes_itself(request) else words.status
    response = render_notice(request, "web/api_error.html", context, status=status)
    if words.retry_after:
        response["Retry-After"] = str(words.retry_after)
        if isinstance(error, RateLimited) and context["retry_url"] and not is_part_of_page(request):
            response["Refresh"] = str(words.retry_after + 1)  # the page comes back by itself
    log_cause(request, response, error)
    return response


def cause_for(person: object, error: PipelinesError) -> str:
    """Return what is wrong with the API's answer, for people who can mend the connection, or ""."""
    if not isinstance(error, UnexpectedResponse) or not getattr(person, "is_administrator", False):
        return ""
    return error.detail or str(error)


def log_cause(request: HttpRequest, response: HttpResponse, error: PipelinesError) -> None:
    """Log host and reason of the failed call with a page of status 5xx. Django would log the page's address only."""
    if response.status_code >= 500:
        host, reason = urlsplit(settings.PIPELINES_API_URL).netloc, str(error).rstrip(".").replace("’", "'")
        if isinstance(error, UnexpectedResponse) and error.detail:
            reason = error.detail.rstrip(".")
        if isinstance(error, ApiError):  # its message may quote what people typed
            reason = f"{error.status} {error.code}"
        cause = error.cause if isinstance(error, ConnectionFailed) else f"{host}: {reason}"
        log_response("%s: %s (%s)", response.reason_phrase, request.path, cause, response=response, request=request)


def _refreshes_itself(request: HttpRequest) -> bool:
    """Return True if a part of a page requested itself, without a click."""
    htmx = htmx_of(request)
    return bool(htmx) and request.method == "GET" and bool(htmx.trigger) and htmx.trigger == htmx.target
