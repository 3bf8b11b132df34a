"""Cells as the values the API takes, by the field's type; a cell that does not fit stays as it is, to be rejected."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pipelines_portal.api_client import Field

BOOLEAN_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def typed(field: Field, value: Any) -> Any:
    """`value` as this field's type wants it."""
    return _READERS.get(field.type, _as_text)(value)


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def objection(field: Field, value: Any) -> str:
    """What the API will say against a value that is there, as far as the schema tells; "" when nothing."""
    check = _CHECKS.get(field.type)
    return check(field, value) if check else ""


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _as_number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return int(value)
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _as_boolean(value: Any) -> Any:
    return BOOLEAN_WORDS.get(str(value).strip().lower(), value)


def _as_list(value: Any) -> Any:
    """JSON, or else one item a comma or line."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, list):
        return parsed
    return [item.strip() for item in value.replace("\n", ",").split(",") if item.strip()]


def _not_a_choice(field: Field, value: Any) -> str:
    choices = field.choices
    return f"must be one of {', '.join(choices)}" if choices and value not in choices else ""


def _not_boolean(field: Field, value: Any) -> str:
    fits = isinstance(value, bool) or str(value).strip().lower() in BOOLEAN_WORDS
    return "" if fits else "must be true or false"


def _not_a_number(field: Field, value: Any) -> str:
    number = _as_number(value)
    return "" if isinstance(number, (int, float)) and not isinstance(number, bool) else "must be a number"


def _not_whole(field: Field, value: Any) -> str:
    return "" if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"


def _not_a_moment(field: Field, value: Any) -> str:
    try:
        datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return "must be a date and time such as 2026-03-30T12:00:00Z"
    return ""


def _not_a_path(field: Field, value: Any) -> str:
    return "" if isinstance(value, str) else "must be a path in the archive"


_READERS: dict[str, Callable[[Any], Any]] = {
    "numeric": _as_number,
    "rating": _as_number,
    "boolean": _as_boolean,
    "ranking": _as_list,
}
_CHECKS: dict[str, Callable[[Field, Any], str]] = {
    "select": _not_a_choice,
    "boolean": _not_boolean,
    "numeric": _not_a_number,
    "rating": _not_whole,
    "datetime": _not_a_moment,
    "file_upload": _not_a_path,
}
