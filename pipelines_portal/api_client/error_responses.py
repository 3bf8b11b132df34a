"""Turn error responses of the API, or of a gateway before it, into our errors."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from pipelines_portal.api_client.bounds import LONGEST_REASON, cleaned, wait_in_seconds
from pipelines_portal.api_client.errors import (
    ApiError,
    PipelinesError,
    UnexpectedResponse,
    ValidationFailed,
    error_class,
)
from pipelines_portal.api_client.models import MOST_ERRORS, RowError

# The meaning of these statuses is clear without JSON. Other 4xx of a gateway may not be about the request.
_PLAIN_WITHOUT_JSON = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.TOO_MANY_REQUESTS)
# Gateways answer with these when they gave up waiting. Only the API's own 503 means that it did nothing (S86).
_MAYBE_PROCESSED = (408, 425, 499, 503)
_REQUEST_IDS = ("X-Request-Id", "X-Correlation-Id", "X-Amzn-RequestId", "X-Amzn-Trace-Id", "Request-Id", "CF-Ray")


def not_json(status: int, headers: Mapping[str, str]) -> PipelinesError:
    """Return the error for a response that is not JSON, such as a gateway's HTML page."""
    if status in _PLAIN_WITHOUT_JSON or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = "A gateway answered instead of Pipelines."
        error = error_class(status)(status, "api_error", message, _retry_after(headers))
        error.maybe_processed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return error
    if status == HTTPStatus.NOT_FOUND:
        message = "There is no API at this address. PIPELINES_API_URL may be wrong."
        return UnexpectedResponse(message, status=status)
    unexpected = UnexpectedResponse("The response is not JSON.", status=status)
    unexpected.maybe_processed = unexpected.maybe_processed or status in _MAYBE_PROCESSED
    return unexpected


def refusal(status: int, data: Any, headers: Mapping[str, str]) -> ApiError:
    """Return the error for an error response of the API. Its message is fit to be stored and shown."""
    error = error_class(status)(status, _code(data), _reason(status, data), _retry_after(headers, data))
    if status in _MAYBE_PROCESSED and error.code != "service_unavailable":
        error.maybe_processed = True
    if isinstance(error, ValidationFailed) and isinstance(data, dict):
        error.errors = _rows(data.get("errors"))
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


def _code(data: Any) -> str:
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", code) else "api_error"


def _retry_after(headers: Mapping[str, str], data: Any = None) -> int | None:
    """Return the wait of the body, or else of the header, which is all that a gateway sends."""
    wait = wait_in_seconds(data.get("retry_after")) if isinstance(data, dict) else None
    return wait or wait_in_seconds(headers.get("Retry-After", ""))


def _rows(entries: Any) -> list[dict[str, object]]:
    """Return the rows that the response names. Entries that cannot be read are skipped."""
    return [row for entry in entries[:MOST_ERRORS] if (row := _row(entry))] if isinstance(entries, list) else []


def _row(entry: Any) -> dict[str, object] | None:
    try:
        return RowError.model_validate(entry).model_dump()
    except ValidationError:
        return None


def request_id(headers: Mapping[str, str]) -> str:
    """Return the ID that the API or its gateway gave the request, or ""."""
    value = next((headers[name] for name in _REQUEST_IDS if headers.get(name)), "")
    return re.sub(r"[^\w.:=/+-]", "?", value, flags=re.ASCII)[:100]
