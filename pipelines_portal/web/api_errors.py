"""The page, or the note, for a `PipelinesError` that a view did not handle: what happened, and what to do next."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response

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
from pipelines_portal.web import texts
from pipelines_portal.web.rendering import htmx_of, is_part_of_page, render_notice


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

    @property
    def reason(self) -> str:
        """Both as the reason why something was not done."""
        return f"{self.title}. {self.sentence}"


def explain(error: PipelinesError) -> Explanation:
    """Return the words for an error. They never quote the key, and the API only where its message is for people."""
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            sentence = error.advice or words.sentence
            if isinstance(error, CertificateRefused):
                sentence = sentence.format(cause=error.cause)
            return replace(words, sentence=sentence, key_id=error.key_id)
    if isinstance(error, RateLimited):
        seconds = wait_of(error)
        sentence = texts.rate_limited(seconds)
        return Explanation(429, texts.RATE_LIMIT_TITLE, sentence, can_retry=True, retry_after=seconds)
    if isinstance(error, NotAsked):
        title = str(error).rstrip(".")
        return Explanation(503, title, texts.IN_A_MINUTE, can_retry=True, retry_after=error.retry_after)
    if isinstance(error, UnexpectedResponse):
        return Explanation(502, texts.UNEXPECTED_TITLE, texts.unexpected(str(error)), can_retry=True)
    if isinstance(error, ApiError) and error.status < 500:
        return Explanation(502, texts.REFUSED_TITLE, texts.pipelines_answered(error.message), can_retry=True)
    return Explanation(502, texts.ERROR_TITLE, texts.ERROR, can_retry=True)


def wait_of(error: RateLimited) -> int:
    return max(5 if error.retry_after is None else error.retry_after, 1)


# htmx shows a response with this status, and stops refreshing.
STOP_POLLING = 286
_WORDS: dict[type[PipelinesError], Explanation] = {
    Unauthorized: Explanation(403, texts.REJECTED_TITLE, texts.REJECTED, key_is_dead=True),
    CreatorGone: Explanation(422, texts.CREATOR_GONE_TITLE, texts.CREATOR_GONE, key_is_dead=True),
    Forbidden: Explanation(403, texts.FORBIDDEN_TITLE, texts.FORBIDDEN),
    NotFound: Explanation(404, texts.MISSING_TITLE, texts.MISSING),
    ServiceUnavailable: Explanation(503, texts.UNAVAILABLE_TITLE, texts.IN_A_MINUTE, can_retry=True),
    CertificateRefused: Explanation(503, texts.CERTIFICATE_TITLE, texts.CERTIFICATE, can_retry=True),
    ConnectionFailed: Explanation(503, texts.UNREACHABLE_TITLE, texts.IN_A_MINUTE, can_retry=True),
}


def error_response(request: HttpRequest, error: PipelinesError) -> HttpResponse:
    words = explain(error)
    if isinstance(error, NotAsked) and _refreshes_itself(request):
        words = replace(words, sentence=texts.RETRYING)
    if isinstance(error, Held) and _refreshes_itself(request):
        words = replace(words, sentence=texts.updates_resume(wait_of(error)))
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
    response = render_notice(request, "web/api_error.html", context, status=status)
    if words.retry_after:
        response["Retry-After"] = str(words.retry_after)
    log_cause(request, response, error)
    return response


def log_cause(request: HttpRequest, response: HttpResponse, error: PipelinesError) -> None:
    """Log host and reason of the failed call with a page of status 5xx. Django would log the page's address only."""
    if response.status_code >= 500:
        host, reason = urlsplit(settings.PIPELINES_API_URL).netloc, str(error).rstrip(".").replace("’", "'")
        if isinstance(error, ApiError):  # its message may quote what people typed
            reason = f"{error.status} {error.code}"
        cause = error.cause if isinstance(error, ConnectionFailed) else f"{host}: {reason}"
        log_response("%s: %s (%s)", response.reason_phrase, request.path, cause, response=response, request=request)


def _refreshes_itself(request: HttpRequest) -> bool:
    """Return True if a part of a page requested itself, without a click."""
    htmx = htmx_of(request)
    return bool(htmx) and request.method == "GET" and bool(htmx.trigger) and htmx.trigger == htmx.target
