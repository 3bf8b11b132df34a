"""The types of fields: which values they accept, and how the schema describes them.

A value may be sent as JSON's own type or as a text, since callers that read CSV files have only texts. A test holds
docs/integrators/fields.md to this. A new type needs a line in FIELD_TYPES, one in `demo/values.py` for the demo's
values, and one on that page.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Field = dict[str, Any]
FILE_UPLOAD = "file_upload"
# Matches a text in only one way, so that a long one is refused as fast as a short one.
NUMBER = re.compile(r"\s*+[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?\s*+", re.ASCII)
LONGEST_NUMBER = 400
MOST_NAMED = 10
# The options of a field that many values are checked against: a thousand are no list to walk through.
AS_SET = "options as a set"
BOOLEAN_WORDS = {"true", "false", "yes", "no", "1", "0"}


def _accept(field: Field, value: Any) -> str | None:
    return None


def _no_hint(field: Field) -> str | None:
    return None


@dataclass(frozen=True)
class FieldType:
    """A type of field. `check` returns what a value must be, or None if it is valid; `hint` the `format_hint`."""

    check: Callable[[Field, Any], str | None] = _accept
    hint: Callable[[Field], str | None] = _no_hint
    has_options: bool = False


def _hint(text: str) -> Callable[[Field], str | None]:
    return lambda field: text


def _listed(before: str) -> Callable[[Field], str | None]:
    return lambda field: f"{before}: {', '.join(field['options'])}" if field.get("options") else None


def listed(texts: Sequence[str]) -> str:
    """Return the first ten texts, and how many more there are."""
    more = f", … and {len(texts) - MOST_NAMED:,} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more


def _check_text(field: Field, value: Any) -> str | None:
    return None if isinstance(value, str) else "text"


def _check_boolean(field: Field, value: Any) -> str | None:
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return None if word in BOOLEAN_WORDS else "true or false"


def _check_numeric(field: Field, value: Any) -> str | None:
    number = _number(value)
    good = number is not None and _within(field, number)
    return None if good else _range("a number", field) or "a number"


def _check_rating(field: Field, value: Any) -> str | None:
    number = _number(value)
    good = number is not None and number.is_integer() and _within(field, number)
    return None if good else _range("an integer", field, "from", "to") or "an integer"


def _number(value: Any) -> float | None:
    """Return `value` as a float, or None if it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and (len(value) > LONGEST_NUMBER or not NUMBER.fullmatch(value)):
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
    """Accept a date, or a date and time. Without an offset, it is in UTC."""
    try:
        datetime.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        return "an ISO 8601 date-time"
    return None


def _check_select(field: Field, value: Any) -> str | None:
    options = field.get("options") or []
    return None if isinstance(value, str) and value in (field.get(AS_SET) or options) else f"one of {listed(options)}"


def _check_ranking(field: Field, value: Any) -> str | None:
    items = field.get("options") or []
    if isinstance(value, str):
        value = [item.strip() for item in (value.strip().splitlines() if "\n" in value.strip() else value.split(","))]
    if not isinstance(value, list):
        return "a list in order"
    if items and (not all(isinstance(item, str) for item in value) or sorted(value) != sorted(items)):
        return f"all of {listed(items)}, in order"
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
    """Return the type of that name. A type that is not in the table accepts every value."""
    return FIELD_TYPES.get(name, UNKNOWN)


def file_fields(fields: list[Field]) -> list[str]:
    """Return the names of the fields that take a file."""
    return [field["name"] for field in fields if field["type"] == FILE_UPLOAD]


def has_file_fields(fields: list[Field]) -> bool:
    return bool(file_fields(fields))


def has_only_file_fields(fields: list[Field]) -> bool:
    return bool(fields) and len(file_fields(fields)) == len(fields)


def describe(field: Field) -> dict[str, Any]:
    """Return the field as the schema endpoint shows it. `help` is the hint if the type has none."""
    kind = field_type(field["type"])
    shown = {name: field.get(name) for name in ("name", "title", "type")}
    shown |= {"required": field.get("required", True), "format_hint": kind.hint(field) or field.get("help")}
    if kind.has_options:
        shown["options"] = field.get("options") or []
    return shown
