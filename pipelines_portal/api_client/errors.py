"""What can go wrong with a call to the API: the errors, and how a response becomes one. No message contains a key."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from pipelines_portal.api_client.bounds import LONGEST_REASON, cleaned, wait_in_seconds
from pipelines_portal.api_client.models import MOST_ERRORS, OWN_LIMIT, RowError
from pipelines_portal.core.web_addresses import redirect_target

# The code of a 401 to a request without a key.
NO_KEY = "missing_api_key"


class PipelinesError(Exception):
    """A call failed.

    `maybe_processed`: the API may have processed the request all the same, so it must not be sent again automatically.
    It is never set for a read. `request_id` is the API's ID of the request, if it gave one.
    """

    maybe_processed: bool = False
    request_id: str = ""
    # False if the request was not sent, because the rate limiter of the key refused it.
    was_sent: bool = True
    # Set by the rate limiter if the key is the problem: what to do, and which key it is.
    advice: str = ""
    key_id: int | None = None
    status: int | None = None


class ConnectionFailed(PipelinesError):
    """No response: refused, unreachable, timed out, or the connection broke.

    `cause` is host and reason for administrators, such as "api.example.com: Connection refused".
    """

    def __init__(self, message: str, *, maybe_processed: bool, timed_out: bool = False, cause: str = "") -> None:
        super().__init__(message)
        self.maybe_processed = maybe_processed
        self.timed_out = timed_out
        self.cause = cause


class CertificateRefused(ConnectionFailed):
    """The server's certificate is not valid. Nothing was sent."""


class KeyNotReceived(ConnectionFailed):
    """401: the request arrived without its key (S23). Something on the way removes it, so the key is not at fault."""

    def __init__(self) -> None:
        cause = f"{HTTPStatus.UNAUTHORIZED} {NO_KEY}"
        super().__init__("The API key didn’t reach Pipelines.", maybe_processed=False, cause=cause)
        self.status = HTTPStatus.UNAUTHORIZED


class NotSent(PipelinesError):
    """The API is slow or silent, so nothing was sent. Try again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnexpectedResponse(PipelinesError):
    """A response that is not the documented JSON. `detail` names what is wrong, without values of the response."""

    def __init__(self, message: str, *, status: int, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail
        # A 4xx means that the request was not processed.
        self.maybe_processed = not 400 <= status < 500


class BeyondLimit(UnexpectedResponse):
    """A response that has more of something than the portal shows, as its message says."""


class ApiError(PipelinesError):
    """An error response of the API: `status`, `code` (its `error`), `message`, `retry_after` in seconds (429 only)."""

    status: int
    # The Idempotency-Key that the response repeats, or "". None if a gateway answered in place of the API.
    echoed_key: str | None = None
    # The body has the shape of the API's errors.
    is_in_words_of_api = False

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class InvalidRequest(ApiError):
    """400: a bad cursor or status filter (S77, S78)."""


class Unauthorized(ApiError):
    """401: the key is unknown, expired or revoked (S24 to S28)."""


class Forbidden(ApiError):
    """403."""


class NotFound(ApiError):
    """404: the object does not exist, or belongs to another organization (S79 to S81)."""


class Conflict(ApiError):
    """409: the upload is no longer pending (S82)."""


class StillRunning(Conflict):
    """409: the first request with this Idempotency-Key has not ended yet. Ask again."""

    maybe_processed = True


class OtherRequest(ApiError):
    """422: another request had this Idempotency-Key, so nobody knows what became of this one."""

    maybe_processed = True


class PayloadTooLarge(ApiError):
    """413: over 32 MB (S69)."""


class ValidationFailed(ApiError):
    """422: bad body, wrong workflow state, or every task failed (S83, S84, S134).

    `errors` are dicts with index, field_name and message, if the response names rows.
    """

    errors: list[dict[str, object]]

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(status, code, message, retry_after)
        self.errors = []


class RateLimited(ApiError):
    """429: wait `retry_after` seconds (S62, S63)."""


class TooManyUploads(ApiError):
    """429: the organization has as many uploads open as it may. Other requests go on."""


class Held(RateLimited):
    """Nothing was sent, because the wait that an earlier 429 asked for is not over."""

    was_sent = False

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded", message, retry_after)


class KeyRejected(Unauthorized):
    """Nothing was sent, because the API rejected the key earlier."""

    was_sent = False

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, "invalid_api_key", message)


class CreatorGone(ValidationFailed):
    """422 of the ZIP endpoints: the creator of the key is no longer a member of the organization (S51 to S53)."""


class ServerError(ApiError):
    """5xx: the request may have been processed."""

    maybe_processed = True


class ServiceUnavailable(ServerError):
    """503: safe to repeat (S86)."""

    maybe_processed = False


# A gateway says that the API does not answer.
GATEWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
# The API does not say what it was asked, and may say it later: pages show what is known instead.
AWAY = (ConnectionFailed, NotSent, RateLimited, ServerError, UnexpectedResponse)


def is_away(error: PipelinesError) -> bool:
    """Return whether the API could not be reached, or a gateway says so. That ends without a person."""
    return isinstance(error, ConnectionFailed | NotSent | ServiceUnavailable) or error.status in GATEWAY


_BY_STATUS: dict[int, type[ApiError]] = {
    HTTPStatus.BAD_REQUEST: InvalidRequest,
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: PayloadTooLarge,
    HTTPStatus.UNPROCESSABLE_ENTITY: ValidationFailed,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimited,
    HTTPStatus.SERVICE_UNAVAILABLE: ServiceUnavailable,
}


# Beside the status and the `error` of the API reference. An older API says the same in `error`.
_BY_REASON: dict[tuple[int, str], type[ApiError]] = {
    (HTTPStatus.CONFLICT, "idempotency_key_in_use"): StillRunning,
    (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused"): OtherRequest,
    (HTTPStatus.TOO_MANY_REQUESTS, "too_many_uploads"): TooManyUploads,
}


def error_class(status: int, reason: str = "") -> type[ApiError]:
    """Return the class for a status: ServerError for any other 5xx, ApiError for the rest."""
    return _BY_REASON.get((status, reason)) or _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)


# The meaning of these statuses is clear without JSON. Other 4xx of a gateway may not be about the request.
_PLAIN_WITHOUT_JSON = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.TOO_MANY_REQUESTS)
# Gateways answer with these when they gave up waiting. Only the API's own 503 means that it did nothing (S86).
_MAYBE_PROCESSED = (408, 425, 499, 503)
_REQUEST_IDS = ("X-Request-Id", "X-Correlation-Id", "X-Amzn-RequestId", "X-Amzn-Trace-Id", "Request-Id", "CF-Ray")


def error_without_json(status: int, headers: Mapping[str, str]) -> PipelinesError:
    """Return the error for a response that is not JSON, such as a gateway's HTML page."""
    if status in _PLAIN_WITHOUT_JSON or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = "A gateway answered instead of Pipelines."
        error = error_class(status)(status, "api_error", message, _retry_after(headers))
        error.maybe_processed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return error
    if status == HTTPStatus.NOT_FOUND:
        message = "There is no API at this address (status 404). PIPELINES_API_URL may be wrong."
        return UnexpectedResponse(message, status=status)
    named = "" if 200 <= status < 300 else f" (status {status})"
    unexpected = UnexpectedResponse(f"The response is not JSON{named}.", status=status)
    unexpected.maybe_processed = unexpected.maybe_processed or status in _MAYBE_PROCESSED
    return unexpected


def error_of_redirect(status: int, url: str, headers: Mapping[str, str]) -> UnexpectedResponse:
    """Return the error for a redirect of a request to `url`. Its detail has the target, without query and password."""
    detail = f"Pipelines redirects to {redirect_target(url, headers.get('Location', ''))}."
    return UnexpectedResponse("Pipelines answered with a redirect.", status=status, detail=detail)


def error_of_response(status: int, data: Any, headers: Mapping[str, str]) -> PipelinesError:
    """Return the error for an error response of the API. Its message is fit to be stored and shown."""
    code, reason = _word(data, "error") or "api_error", _word(data, "reason")
    if status == HTTPStatus.UNAUTHORIZED and code == NO_KEY:
        return KeyNotReceived()
    error = error_class(status, reason or code)(status, code, _reason(status, data), _retry_after(headers, data))
    error.is_in_words_of_api = isinstance(data, dict) and {"error", "message"} <= data.keys()
    if status in _MAYBE_PROCESSED and error.code != "service_unavailable":
        error.maybe_processed = True
    if isinstance(error, ValidationFailed) and isinstance(data, dict):
        error.errors = _named_rows(data.get("errors"))
    return error


def is_about_the_creator(error: ValidationFailed) -> bool:
    """Return whether a 422 says that the creator of the key is gone. The API documents no exact words for that."""
    if error.errors or _NAMES_A_FIELD.search(error.message):
        return False
    return bool(_WHO_MADE_IT.search(error.message) and _IS_GONE.search(error.message))


# A workflow may have a field called “creator”.
_NAMES_A_FIELD = re.compile(r"\b(tasks?\.\d+|fields?|columns?|invalid value for)\b", re.IGNORECASE)

_WHO_MADE_IT = re.compile(r"\b(creator|uploader|(user|person|member) (who|that) (created|made))\b", re.IGNORECASE)
_IS_GONE = re.compile(
    r"\b(no longer|removed|left|gone|not found|deleted|deactivated|inactive|missing|(un)?resolved?|not a member)\b",
    re.IGNORECASE,
)


def _reason(status: int, data: Any) -> str:
    message = data.get("message") if isinstance(data, dict) else None
    reason = cleaned(message.strip(), LONGEST_REASON) if isinstance(message, str) else ""
    return reason or f"Pipelines gave no reason, only the status {status}."


def _word(data: Any, name: str) -> str:
    """Return a word for programs, or "" if there is none."""
    word = data.get(name) if isinstance(data, dict) else None
    return word if isinstance(word, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", word) else ""


def _retry_after(headers: Mapping[str, str], data: Any = None) -> int | None:
    """Return the wait of the body, or else of the header, which is all that a gateway sends."""
    wait = wait_in_seconds(data.get("retry_after")) if isinstance(data, dict) else None
    return wait or wait_in_seconds(headers.get("Retry-After", ""))


def _named_rows(entries: Any) -> list[dict[str, object]]:
    """Return the rows that the response names. Entries that cannot be read are skipped."""
    return [row for entry in entries[:MOST_ERRORS] if (row := _named_row(entry))] if isinstance(entries, list) else []


def _named_row(entry: Any) -> dict[str, object] | None:
    try:
        return RowError.model_validate(entry).model_dump()
    except ValidationError:
        return None


def request_id(headers: Mapping[str, str]) -> str:
    """Return the ID that the API or its gateway gave the request, or ""."""
    value = next((headers[name] for name in _REQUEST_IDS if headers.get(name)), "")
    return re.sub(r"[^\w.:=/+-]", "?", value, flags=re.ASCII)[:100]


MOST_NAMED = 3


def describe_invalid(error: ValidationError) -> str:
    """Return what is wrong with a response, such as "tasks.0.id is missing"."""
    found = [entry for entry in error.errors(include_url=False) if entry["type"] != "default_factory_not_called"]
    named = [_describe(entry["loc"], entry["type"], entry.get("input"), entry.get("ctx", {})) for entry in found]
    named = list(dict.fromkeys(named))
    more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return "; ".join(named[:MOST_NAMED]) + more


def own_limit(error: ValidationError) -> str:
    """Return the sentence about the limit of the portal that a response exceeds, or ""."""
    return next((each["msg"] for each in error.errors(include_url=False) if each["type"] == OWN_LIMIT), "")


def _describe(place: tuple[int | str, ...], kind: str, value: object, context: dict[str, object]) -> str:
    steps = map(str, place)
    name = ".".join(step if re.fullmatch(r"\w{1,40}", step, re.ASCII) else "…" for step in steps)
    if kind == "value_error":
        return f"{name} {context['error']}".strip()
    if kind == "missing" or value is None:
        return f"{name} is missing" if name else "there is no body"
    if kind in ("greater_than_equal", "less_than_equal") and isinstance(value, str):
        return f"{name} is a time out of range"
    return f"{name or 'it'} {_KINDS.get(kind, 'cannot be read')}"


_KINDS = {
    "greater_than_equal": "is too small a number",
    "less_than_equal": "is too large a number",
    "int_type": "is no whole number",
    "timezone_aware": "is no time with an offset",
    "datetime_from_date_parsing": "is no time with an offset",
    "too_long": "is too long",
    "string_too_long": "is too long",
    "string_too_short": "is empty",
}
