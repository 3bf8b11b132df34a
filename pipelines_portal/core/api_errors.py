"""The page, or the note, for a `PipelinesError` that a view did not handle: what happened, and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse

from pipelines_portal.api_client import (
    ApiError,
    CertificateRefused,
    ConnectionFailed,
    CreatorGone,
    Forbidden,
    Held,
    NotAsked,
    NotFound,
    PipelinesError,
    RateLimited,
    ServiceUnavailable,
    Unauthorized,
    UnexpectedResponse,
)
from pipelines_portal.core import request_ids
from pipelines_portal.core.rendering import htmx_of, is_part_of_page, render_notice


@dataclass(frozen=True)
class Explanation:
    """Words for an error. `status` is of our response, `retry_after` is in seconds, `key_id` is the key at fault."""

    status: int
    title: str
    sentence: str
    can_retry: bool = False
    retry_after: int | None = None
    key_is_dead: bool = False
    key_id: int | None = None


def explain(error: PipelinesError) -> Explanation:
    """Return the words for an error. They never quote the key, and the API only where its message is for people."""
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return replace(words, sentence=error.advice or words.sentence, key_id=error.key_id)
    if isinstance(error, RateLimited):
        return _wait(error)
    if isinstance(error, NotAsked):
        sentence = f"{error} Nothing was sent. The portal tries again by itself; so can you, in a moment."
        return Explanation(503, "The API is slow to answer", sentence, can_retry=True, retry_after=error.retry_after)
    if isinstance(error, UnexpectedResponse):
        sentence = (
            f"{error} So nothing of it is shown or stored. Something between the portal and the API may be in the way, "
            "or the API has changed."
        )
        return Explanation(502, "The API's answer can't be read", sentence, can_retry=True)
    if isinstance(error, ApiError) and error.status < 500:
        return Explanation(502, "The API refused this request", f"It answered: {error.message}", can_retry=True)
    return Explanation(
        502,
        "The API had an error",
        "Something went wrong on the API's side. Trying again often helps.",
        can_retry=True,
    )


def _wait(error: RateLimited) -> Explanation:
    wait = error.retry_after if error.retry_after is not None else 5
    sentence = "The API allows only so many requests for this key, and asks us to wait."
    if isinstance(error, Held):
        sentence = f"{error.message} {WAIT_AND_TRY}"
    return Explanation(429, "Too many requests just now", sentence, can_retry=True, retry_after=max(wait, 1))


WAIT_AND_TRY = "Try again when the pause is over."
# Only for a list that refreshes itself: its next refresh comes after the pause.
GOES_ON = "What you see stays, and goes on by itself when the pause is over."
# htmx shows a response with this status, and stops refreshing.
STOP_POLLING = 286
_WORDS: dict[type[PipelinesError], Explanation] = {
    Unauthorized: Explanation(
        403,
        "This key no longer works",
        "The API says that it is unknown, expired or revoked. Ask an Org Admin for a new one and add it here.",
        key_is_dead=True,
    ),
    CreatorGone: Explanation(
        422,
        "Whoever made this key is gone",
        "The person who made this key left the organization. Forms work with it, ZIP uploads do not. Ask an Org Admin "
        "for a new key.",
        key_is_dead=True,
    ),
    Forbidden: Explanation(403, "The API forbids this", "The key may not do this. Ask an Org Admin."),
    NotFound: Explanation(
        404,
        "The API cannot find this",
        "It does not exist, or it belongs to an organization that this key does not open.",
    ),
    ServiceUnavailable: Explanation(
        503,
        "The API is unavailable just now",
        "It answered that a part of it is down. It is safe to try again in a moment.",
        can_retry=True,
    ),
    CertificateRefused: Explanation(
        503,
        "The API's certificate is not valid",
        "It has expired, or belongs to another name, so the portal does not trust whoever answers, and sent nothing. "
        "Ask those who run the API to renew it, and look at this machine's clock. The portal goes on by itself then.",
        can_retry=True,
    ),
    ConnectionFailed: Explanation(
        503,
        "The API does not answer",
        "It cannot be reached, or took too long. Check the connection, then try again.",
        can_retry=True,
    ),
}


class ApiErrorMiddleware:
    """Turns a `PipelinesError` of a view into a page for people, never a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, PipelinesError):
            return None
        return error_response(request, error)


def error_response(request: HttpRequest, error: PipelinesError) -> HttpResponse:
    words = explain(error)
    if isinstance(error, Held) and _refreshes_itself(request):
        words = replace(words, sentence=f"{error.message} {GOES_ON}")
    context = {
        "words": words,
        "request_id": request_ids.current(),
        # A whole page has it as its heading.
        "note_title": words.title if is_part_of_page(request) else "",
        "retry_after": str(words.retry_after) if words.retry_after else "",
        # A link can only repeat a GET.
        "retry_url": request.get_full_path() if words.can_retry and request.method in ("GET", "HEAD") else "",
        "maybe_processed": error.maybe_processed,
        "nothing_sent": request.method == "POST" and not error.maybe_processed,
    }
    status = STOP_POLLING if isinstance(error, Unauthorized) and _refreshes_itself(request) else words.status
    response = render_notice(request, "core/api_error.html", context, status=status)
    if words.retry_after:
        response["Retry-After"] = str(words.retry_after)
    return response


def _refreshes_itself(request: HttpRequest) -> bool:
    """Return True if a part of a page requested itself, without a click."""
    htmx = htmx_of(request)
    return bool(htmx) and request.method == "GET" and bool(htmx.trigger) and htmx.trigger == htmx.target
