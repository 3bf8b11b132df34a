"""Describe failed calls for the log and for people, without keys and without values of the response."""

import logging
import re

from pydantic import ValidationError

from pipelines_portal.api_client.errors import ApiError, ConnectionFailed, PipelinesError, UnexpectedResponse

logger = logging.getLogger("pipelines_portal.api_client")
MOST_NAMED = 3


def misfit(error: ValidationError) -> str:
    """Return what is wrong with a response, such as "tasks.0.id is missing"."""
    found = [entry for entry in error.errors(include_url=False) if entry["type"] != "default_factory_not_called"]
    named = [_misfit(entry["loc"], entry["type"], entry.get("input"), entry.get("ctx", {})) for entry in found]
    named = list(dict.fromkeys(named))
    more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return "; ".join(named[:MOST_NAMED]) + more


def _misfit(place: tuple[int | str, ...], kind: str, value: object, context: dict[str, object]) -> str:
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


def log_failure(method: str, path: str, error: PipelinesError) -> None:
    """Log a failed call: a warning if the API failed, a notice if it refused the request."""
    ordinary = isinstance(error, ApiError) and error.status < 500
    details = [f"{name}={value}" for name, value in _details(error).items() if value]
    logger.log(logging.INFO if ordinary else logging.WARNING, " ".join([method, path, type(error).__name__, *details]))


def _details(error: PipelinesError) -> dict[str, object]:
    """Return what to log. The API's messages are left out, because they may quote what people typed."""
    reason = error.detail if isinstance(error, UnexpectedResponse) and error.detail else str(error)
    return {
        "status": error.status,
        "code": error.code if isinstance(error, ApiError) else "",
        "reason": "" if isinstance(error, ApiError) else repr(reason),
        "cause": repr(error.cause) if isinstance(error, ConnectionFailed) else "",
        "request_id": error.request_id,
    }
