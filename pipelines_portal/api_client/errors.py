"""The errors of calls to the API. Their messages never contain a key."""

from http import HTTPStatus


class PipelinesError(Exception):
    """A call failed.

    `maybe_processed`: the API may have processed the request all the same, so it must not be sent again automatically.
    It is never set for a read. `request_id` is the API's ID of the request, if it gave one.
    """

    maybe_processed: bool = False
    request_id: str = ""
    # False if the request was not sent, because the rate limiter of the key refused it.
    was_asked: bool = True
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


class NotAsked(PipelinesError):
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


class ApiError(PipelinesError):
    """An error response of the API: `status`, `code` (its `error`), `message`, `retry_after` in seconds (429 only)."""

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
    """404: the object does not exist, or belongs to another organization (S79 to S81)."""


class Conflict(ApiError):
    """409: the upload is no longer pending (S82)."""


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


class Held(RateLimited):
    """Nothing was sent, because the wait that an earlier 429 asked for is not over."""

    was_asked = False

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded", message, retry_after)


class KeyRejected(Unauthorized):
    """Nothing was sent, because the API rejected the key earlier."""

    was_asked = False

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
    """Return the class for a status: ServerError for any other 5xx, ApiError for the rest."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
