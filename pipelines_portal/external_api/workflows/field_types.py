"""The types a field may have: what values they take, and what callers are told of them.

A new type is a line in the table here, and one in `demo/values.py` to make up a value.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Field = dict[str, Any]
FILE_UPLOAD = "file_upload"
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
BOOLEAN_WORDS = {"true", "false", "yes", "no", "1", "0"}


def _accept(field: Field, value: Any) -> str | None:
    return None


def _no_hint(field: Field) -> str | None:
    return None


@dataclass(frozen=True)
class FieldType:
    """`check` says what a value must be, or None when it is good; `hint` is the `format_hint`, if the type has one."""

    check: Callable[[Field, Any], str | None] = _accept
    hint: Callable[[Field], str | None] = _no_hint
    has_options: bool = False


def _hint(text: str) -> Callable[[Field], str | None]:
    return lambda field: text


def _listed(before: str) -> Callable[[Field], str | None]:
    return lambda field: f"{before}: {', '.join(field['options'])}" if field.get("options") else None


def _check_text(field: Field, value: Any) -> str | None:
    return None if isinstance(value, str) else "text"


def _check_boolean(field: Field, value: Any) -> str | None:
    word = isinstance(value, str) and value.strip().lower() in BOOLEAN_WORDS
    return None if word or isinstance(value, bool) else "true or false"


def _check_numeric(field: Field, value: Any) -> str | None:
    number = _number(value)
    good = number is not None and _within(field, number)
    return None if good else _range("a number", field) or "a number"


def _check_rating(field: Field, value: Any) -> str | None:
    number = _number(value) if not isinstance(value, str) else None
    good = number is not None and number.is_integer() and _within(field, number)
    return None if good else _range("an integer", field, "from", "to") or "an integer"


def _number(value: Any) -> float | None:
    """`value` as a float; None when it is no number, or one too large to be compared."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _within(field: Field, number: float) -> bool:
    low, high = field.get("min"), field.get("max")
    return (low is None or number >= low) and (high is None or number <= high)


def _range(noun: str, field: Field, between: str = "between", joint: str = "and") -> str | None:
    low, high = field.get("min"), field.get("max")
    if low is not None and high is not None:
        return f"{noun} {between} {low} {joint} {high}"
    if low is not None:
        return f"{noun}, at least {low}"
    return None if high is None else f"{noun}, at most {high}"


def _check_datetime(field: Field, value: Any) -> str | None:
    try:
        datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return "an ISO 8601 date-time"
    return None


def _check_select(field: Field, value: Any) -> str | None:
    options = field.get("options") or []
    return None if isinstance(value, str) and value in options else f"one of {', '.join(options)}"


def _check_ranking(field: Field, value: Any) -> str | None:
    items = field.get("options") or []
    if not isinstance(value, list):
        return "a list in order"
    if items and (not all(isinstance(item, str) for item in value) or sorted(value) != sorted(items)):
        return f"all of {', '.join(items)}, in order"
    return None


FIELD_TYPES = {
    "short_text": FieldType(_check_text),
    "long_text": FieldType(_check_text),
    "code": FieldType(_check_text),
    "pairwise": FieldType(_check_text),
    "criteria": FieldType(_check_text),
    FILE_UPLOAD: FieldType(_check_text, _hint("File path inside the ZIP, relative to its root")),
    "boolean": FieldType(_check_boolean, _hint("true or false")),
    "numeric": FieldType(_check_numeric, lambda field: _range("Number", field)),
    "rating": FieldType(_check_rating, lambda field: _range("Integer", field, "from", "to")),
    "datetime": FieldType(_check_datetime, _hint("ISO 8601 date-time, e.g. 2026-03-30T12:00:00Z")),
    "select": FieldType(_check_select, _listed("One of"), has_options=True),
    "ranking": FieldType(_check_ranking, _listed("Each once, first is highest")),
}
UNKNOWN = FieldType()


def field_type(name: str) -> FieldType:
    """One that is not in the table takes every value."""
    return FIELD_TYPES.get(name, UNKNOWN)
