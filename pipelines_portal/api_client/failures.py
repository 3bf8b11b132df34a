"""A failed call as a line of the log, and as a sentence for people. Neither holds a key, or a value of the answer."""

import logging
import re

from pydantic import ValidationError

from .bounds import NOT_AS_USUAL, NOT_AT_ALL
from .errors import ApiError, PipelinesError, UnexpectedResponse

logger = logging.getLogger("pipelines_portal.api_client")
MOST_NAMED = 3


def misfit(error: ValidationError) -> str:
    """What of an answer does not fit: "tasks.0.id is missing"."""
    found = [entry for entry in error.errors(include_url=False) if _tells(entry["type"], entry["loc"])]
    named = [_misfit(entry["loc"], entry["type"], entry.get("input"), entry.get("ctx", {})) for entry in found]
    named = list(dict.fromkeys(named))
    more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return "; ".join(named[:MOST_NAMED]) + more


def _tells(kind: str, place: tuple[int | str, ...]) -> bool:
    return kind != "default_factory_not_called" and place[-1:] != (NOT_AS_USUAL,)


def _misfit(place: tuple[int | str, ...], kind: str, value: object, context: dict[str, object]) -> str:
    steps = [str(step) for step in place if step != NOT_AT_ALL]
    name = ".".join(step if re.fullmatch(r"\w{1,40}", step, re.ASCII) else "…" for step in steps)
    if kind == "value_error":
        return f"{name} {context['error']}".strip()
    if kind == "missing" or value is None:
        return f"{name} is missing" if name else "there is no body"
    return f"{name or 'it'} {_KINDS.get(kind, 'cannot be read')}"


_KINDS = {
    "greater_than_equal": "is too small a number",
    "less_than_equal": "is too large a number",
    "too_long": "is too long",
}


def log_failure(method: str, path: str, error: PipelinesError) -> None:
    """One line a failure: warnings for what is wrong with the API, notices for what it refused."""
    ordinary = isinstance(error, ApiError) and error.status < 500
    told = [f"{name}={value}" for name, value in _told(error).items() if value]
    logger.log(logging.INFO if ordinary else logging.WARNING, " ".join([method, path, type(error).__name__, *told]))


def _told(error: PipelinesError) -> dict[str, object]:
    """The API's own sentences are left out: they may quote what people typed."""
    said = error.detail if isinstance(error, UnexpectedResponse) and error.detail else str(error)
    return {
        "status": error.status,
        "code": error.code if isinstance(error, ApiError) else "",
        "reason": "" if isinstance(error, ApiError) else repr(said),
        "request_id": error.request_id,
    }
