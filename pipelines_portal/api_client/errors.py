"""What can go wrong between us and the API, as one tree. No message ever holds a key."""

from http import HTTPStatus


class PipelinesError(Exception):
    """Anything that kept a call from giving its answer.

    `maybe_processed` says whether the API may have acted on the request all the same: then it must not be sent again.
    Of a read it is never said. `request_id` is what the API called the request, where it did.
    """

    maybe_processed: bool = False
    request_id: str = ""
    # Whether the API was asked at all, or the gate of the key said no.
    was_asked: bool = True
    # From the gate, where the key is at fault: what to do about it, and which it is.
    advice: str = ""
    key_id: int | None = None
    status: int | None = None


class ConnectionFailed(PipelinesError):
    """No answer: refused, unreachable, timed out, or the connection broke."""

    def __init__(self, message: str, *, maybe_processed: bool, timed_out: bool = False) -> None:
        super().__init__(message)
        self.maybe_processed = maybe_processed
        self.timed_out = timed_out


class CertificateRefused(ConnectionFailed):
    """Whoever answers shows a certificate that is not valid: nothing was sent to it."""


class NotAsked(PipelinesError):
    """The API is slow or silent, so it was not asked at all. Try again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnexpectedResponse(PipelinesError):
    """An answer that is not the documented JSON. `detail` says what of it does not fit, and holds no value of it."""

    def __init__(self, message: str, *, status: int, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail
        # A 4xx says that the request was not acted on, whoever says it.
        self.maybe_processed = not 400 <= status < 500


class ApiError(PipelinesError):
    """The API's own refusal: `status`, `code` (its `error`), `message`, `retry_after` in seconds (429 only)."""

    status: int

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class InvalidRequest(ApiError):
    """400: a bad cursor or status filter (S77, S78)."""


class Unauthorized(ApiError):
    """401: the key is missing, unknown, expired or revoked (S23 to S28)."""


class Forbidden(ApiError):
    """403."""


class NotFound(ApiError):
    """404: not there, or in another organization (S79 to S81)."""


class Conflict(ApiError):
    """409: the upload is no longer pending (S82)."""


class PayloadTooLarge(ApiError):
    """413: over 32 MB (S69)."""


class ValidationFailed(ApiError):
    """422: bad body, wrong workflow state, or every task failed (S83, S84, S134). `errors` when the answer held rows.

    `errors` are plain dicts with index, field_name and message.
    """

    errors: list[dict[str, object]]

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(status, code, message, retry_after)
        self.errors = []


class RateLimited(ApiError):
    """429: wait `retry_after` seconds (S62, S63)."""


class Held(RateLimited):
    """Not asked: the pause that an earlier 429 asked for is not over."""

    was_asked = False

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded", message, retry_after)


class KeyRejected(Unauthorized):
    """Not asked: the API said earlier that it does not know the key."""

    was_asked = False

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.UNAUTHORIZED, "invalid_api_key", message)


class CreatorGone(ValidationFailed):
    """422 of the three ZIP endpoints: whoever made the key has left, and nobody stands for its uploads (S51 to S53)."""


class ServerError(ApiError):
    """5xx: the request may have been acted on."""

    maybe_processed = True


class ServiceUnavailable(ServerError):
    """503: safe to repeat (S86)."""

    maybe_processed = False


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


def error_class(status: int) -> type[ApiError]:
    """The class for a status: the named one, else ServerError for 5xx and ApiError for the rest."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
