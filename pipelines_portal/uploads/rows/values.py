"""Cells as the values the API takes, by the field's type; a cell that does not fit stays as it is, to be rejected."""

import json
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.field_types import LONGEST_NUMBER, NUMBER, bounds, is_other_ranking, ranked_items

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
    """A text that is a number in ASCII digits as that number; anything else as it is."""
    if not isinstance(value, str) or not _is_numeral(value):
        return value
    if re.fullmatch(r"[+-]?[0-9]+", value.strip()):
        return int(value)
    number = float(value)
    return number if math.isfinite(number) else value


def _is_numeral(text: str) -> bool:
    return len(text) <= LONGEST_NUMBER and bool(re.fullmatch(rf"\s*{NUMBER}\s*", text, re.ASCII))


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


def _not_text(field: Field, value: Any) -> str:
    return "" if isinstance(value, str) else "must be text"


def _not_boolean(field: Field, value: Any) -> str:
    word = isinstance(value, str) and value.strip().lower() in BOOLEAN_WORDS
    return "" if word or isinstance(value, bool) else "must be true or false"


def _not_a_number(field: Field, value: Any) -> str:
    number = _finite(_as_number(value))
    return "" if number is not None and _is_within(field, number) else f"must be a number{_range(field)}"


def _not_whole(field: Field, value: Any) -> str:
    number = _finite(value)
    fits = number is not None and number.is_integer() and _is_within(field, number)
    return "" if fits else f"must be a whole number{_range(field)}"


def _finite(value: Any) -> float | None:
    """A number as a float; None for what is none, or too large to be compared."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _is_within(field: Field, number: float) -> bool:
    low, high = bounds(field.format_hint)
    return (low is None or number >= low) and (high is None or number <= high)


def _range(field: Field) -> str:
    low, high = bounds(field.format_hint)
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    if low is not None:
        return f", at least {low:g}"
    return "" if high is None else f", at most {high:g}"


def _not_a_ranking(field: Field, value: Any) -> str:
    if not isinstance(value, list):
        return "must be a list in order"
    items = ranked_items(field.format_hint)
    return f"must hold each of these once: {', '.join(items)}" if is_other_ranking(items, value) else ""


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
    "short_text": _not_text,
    "long_text": _not_text,
    "code": _not_text,
    "pairwise": _not_text,
    "criteria": _not_text,
    "ranking": _not_a_ranking,
    "select": _not_a_choice,
    "boolean": _not_boolean,
    "numeric": _not_a_number,
    "rating": _not_whole,
    "datetime": _not_a_moment,
    "file_upload": _not_a_path,
}
