"""The API's error responses: all have the shape `{"error", "message"}`, and `retry_after` on 429."""

import logging
import sys
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.encoding import escape_uri_path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from pipelines_portal.core.database_errors import RETRY_AFTER_SECONDS, is_away, is_full, is_locked, is_read_only
from pipelines_portal.core.http.middleware import UnknownHostResponse

logger = logging.getLogger(__name__)
Error = TypeVar("Error", bound=Exception)

CODES = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "payload_too_large",
    422: "validation_error",
    429: "rate_limit_exceeded",
    500: "internal_server_error",
    503: "service_unavailable",
}
API_PREFIX = "/api/v1/"
LOCKED = "The database is kept locked by somebody else. Nothing was done; try again in a moment."
AWAY = "The database does not answer. Nothing was done; try again in a moment."
READ_ONLY = "The database is read-only. Nothing was done; try again when it can be written."
AWAY_MIDWAY = "The database stopped answering. It is not certain whether this was done: check before you send it again."
FULL = "The disk of the database has no room. Nothing was done; try again when there is."
UNKNOWN_HOST = "This host name is not served: add it to ALLOWED_HOSTS"
UNREADABLE = "The request body could not be read."
MESSAGES_NAMED = 20
OBJECT_ERRORS = {"model_type", "model_attributes_type", "dict_type"}
LIST_BOUNDS = {"too_long": ("most", "max_length"), "too_short": ("least", "min_length")}


class ApiError(Exception):
    """An error that any code under /api/v1 may raise. It becomes the response.

    `reason` tells errors of one status apart. `retry_after` is the number of seconds to wait, if that may help. `more`
    are other keys of the body beside `error` and `message`.
    """

    def __init__(self, status: int, message: str, *, reason: str = "", retry_after: int = 0, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after or (RETRY_AFTER_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else 0)
        self.more = ({"reason": reason} if reason else {}) | more


def error_response(status: int, message: str, *, code: str = "", **more: Any) -> JsonResponse:
    """Without a `code` it is that of the status."""
    body = {"error": code or CODES.get(status, "api_error"), "message": message}
    return JsonResponse(body | more, status=status)


def too_many_requests(wait: int) -> JsonResponse:
    """Return a 429 that names the seconds to wait in its message, its body and its header."""
    seconds = "1 second" if wait == 1 else f"{wait} seconds"
    answer = error_response(429, f"Too many requests. Try again in {seconds}.", retry_after=wait)
    answer["Retry-After"] = str(wait)
    return answer


def join_messages(messages: Sequence[str]) -> str:
    """Join the first twenty messages, and say how many more there are."""
    named = list(messages[:MESSAGES_NAMED])
    if len(messages) > MESSAGES_NAMED:
        named.append(f"… and {len(messages) - MESSAGES_NAMED} more")
    return "; ".join(named)


def handle(api: NinjaAPI, error: type[Error], handler: Callable[[HttpRequest, Error], HttpResponse]) -> None:
    """Call `add_exception_handler` with a handler that is typed for its own error."""
    api.add_exception_handler(error, cast(Any, handler))


def register_handlers(api: NinjaAPI) -> None:
    """Replace every error response that ninja gives, except the one for failed authentication."""
    handle(api, ApiError, _api_error)
    handle(api, ValidationError, _validation_failed)
    handle(api, HttpError, _unreadable_body)
    handle(api, Http404, page_not_found)
    handle(api, UnreadablePostError, _unreadable_request)
    handle(api, SuspiciousOperation, bad_request)
    handle(api, Exception, _unexpected)


def _api_error(request: HttpRequest, error: ApiError) -> HttpResponse:
    more: dict[str, Any] = {"retry_after": error.retry_after} if error.status == HTTPStatus.TOO_MANY_REQUESTS else {}
    answer = error_response(error.status, error.message, **more, **error.more)
    if error.retry_after:
        answer["Retry-After"] = str(error.retry_after)
    return answer


def _validation_failed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return error_response(422, join_messages([f"{_location(problem)}: {_text(problem)}" for problem in error.errors]))


def _location(problem: dict[str, Any]) -> str:
    source, *rest = problem["loc"]
    if source != "body":
        return ".".join(map(str, [source, *rest]))
    # ninja puts the name of the view's argument first, which callers do not know.
    return ".".join(map(str, rest[1:])) or "body"


def _text(problem: dict[str, Any]) -> str:
    if problem["type"] in LIST_BOUNDS:
        word, bound = LIST_BOUNDS[problem["type"]]
        return f"ensure this value has at {word} {problem['ctx'][bound]} items"
    if problem["type"] == "missing":
        return "field required"
    if problem["type"] in OBJECT_ERRORS:
        return "Input should be an object"
    return str(problem["msg"])


def _unreadable_body(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, ApiError):
        return _api_error(request, error.__cause__)
    if isinstance(error.__cause__, UnreadablePostError):
        return unreadable_body(error.__cause__)
    return error_response(422, "body: the request body could not be read as JSON")


def _unreadable_request(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    return unreadable_body(error)


def unreadable_body(error: OSError) -> HttpResponse:
    """Return 408 for a body that did not arrive in time, and 400 for a malformed or incomplete one."""
    cause: BaseException | None = error
    while isinstance(cause, UnreadablePostError):  # Django wraps it twice
        cause = cause.__cause__
    if isinstance(cause, TimeoutError):
        return error_response(408, "The request body did not arrive in time.")
    return error_response(400, UNREADABLE)


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    if is_away(error) or is_full(error):
        logger.warning(
            "Refused %s %s: %s", request.method, _logged_path(request), str(error).strip().partition("\n")[0]
        )
        return _database_failed(request, error)
    logger.error("Unexpected error in %s %s", request.method, _logged_path(request), exc_info=error)
    return error_response(500, "Something went wrong on the server.")


def _logged_path(request: HttpRequest) -> str:
    """Return the path percent-encoded, because a decoded line end would begin a line of its own in the log."""
    return escape_uri_path(request.path)


def _database_failed(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Return 503, which says that nothing was done, or 500 if the database failed while it was to keep a change."""
    if is_full(error):
        return error_response(503, FULL)
    is_untouched = is_locked(error) or is_read_only(error)
    if not is_untouched and _may_be_done(request):
        return error_response(500, AWAY_MIDWAY)
    answer = error_response(503, LOCKED if is_locked(error) else READ_ONLY if is_read_only(error) else AWAY)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def note_commit(request: HttpRequest) -> None:
    """Note that a change is about to be kept. A database that failed before has undone it."""
    request.__dict__["is_committing"] = True


def _may_be_done(request: HttpRequest) -> bool:
    if request.path.startswith(API_PREFIX):
        return "is_committing" in request.__dict__
    return request.method not in ("GET", "HEAD")


def with_error_shape(response: HttpResponse) -> HttpResponse:
    """Return `response`, with the body of the API's errors if Django or ninja made an error of its own."""
    is_json = response.get("Content-Type", "").startswith("application/json")
    if response.status_code < HTTPStatus.BAD_REQUEST or is_json:
        return response
    is_unknown_host = isinstance(response, UnknownHostResponse)
    message = UNKNOWN_HOST if is_unknown_host else HTTPStatus(response.status_code).phrase
    shaped = error_response(response.status_code, message)
    if "Allow" in response:
        methods = set(response["Allow"].split(", "))
        # Where GET is allowed, HEAD is too.
        shaped["Allow"] = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return shaped


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(400, "Bad request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(403, "Forbidden")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(404, "Not found")


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    return (
        _database_failed(request, error)
        if is_away(error) or is_full(error)
        else error_response(500, "Something went wrong on the server.")
    )
