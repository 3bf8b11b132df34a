"""Checking the values of one task against its workflow's fields."""

import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipelines_portal.external_api.workflow_fields import Field, range_text

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
BOOLEAN_WORDS = {"true", "false", "yes", "no", "1", "0"}
ECHOED = 200
ERRORS_A_ROW = 10


@dataclass(frozen=True, slots=True)
class RowError:
    """One problem of the task at `index` in the list as sent."""

    index: int
    field_name: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_row(fields: list[Field], index: int, values: dict[str, Any]) -> list[RowError]:
    """All that is wrong with one task: unknown names, then missing ones, then values; empty when it is good."""
    by_name = {field["name"]: field for field in fields}
    return [
        *(RowError(index, name[:ECHOED], f"Unknown field: {name[:ECHOED]}") for name in values if name not in by_name),
        *_missing(fields, index, values),
        *_invalid(by_name, index, values),
    ]


def first_errors(errors: list[RowError]) -> list[RowError]:
    """The first few of one row: thousands of unknown fields would make an answer that nobody can read or even load."""
    if len(errors) <= ERRORS_A_ROW:
        return errors
    rest = len(errors) - ERRORS_A_ROW
    last = errors[ERRORS_A_ROW]
    return [*errors[:ERRORS_A_ROW], RowError(last.index, last.field_name, f"… and {rest:,} more problems")]


def is_blank(value: Any) -> bool:
    """Null, empty text, or nothing but space: no value at all."""
    return value is None or (isinstance(value, str) and not value.strip())


def _missing(fields: list[Field], index: int, values: dict[str, Any]) -> list[RowError]:
    names = [field["name"] for field in fields if field["required"] and is_blank(values.get(field["name"]))]
    return [RowError(index, names[0], f"Missing required columns: {', '.join(names)}")] if names else []


def _invalid(by_name: dict[str, Field], index: int, values: dict[str, Any]) -> list[RowError]:
    errors = []
    for name, value in values.items():
        field = by_name.get(name)
        if field is not None and not is_blank(value) and (fault := CHECKS.get(field["type"], _anything)(field, value)):
            errors.append(RowError(index, name, f"Invalid value for {name}: must be {fault}"))
    return errors


def _anything(field: Field, value: Any) -> str | None:
    return None


def _text(field: Field, value: Any) -> str | None:
    return None if isinstance(value, str) else "text"


def _boolean(field: Field, value: Any) -> str | None:
    word = isinstance(value, str) and value.strip().lower() in BOOLEAN_WORDS
    return None if word or isinstance(value, bool) else "true or false"


def _numeric(field: Field, value: Any) -> str | None:
    number = _number(value)
    return None if number is not None and _within(field, number) else _expected(field, "a number")


def _rating(field: Field, value: Any) -> str | None:
    number = _number(value) if not isinstance(value, str) else None
    whole = number is not None and number.is_integer()
    return None if whole and _within(field, number) else _expected(field, "an integer")


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


def _expected(field: Field, noun: str) -> str:
    between = ("from", "to") if field["type"] == "rating" else ("between", "and")
    return range_text(noun, field, *between) or noun


def _datetime(field: Field, value: Any) -> str | None:
    try:
        datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return "an ISO 8601 date-time"
    return None


def _select(field: Field, value: Any) -> str | None:
    options = field.get("options") or []
    return None if isinstance(value, str) and value in options else f"one of {', '.join(options)}"


def _ranking(field: Field, value: Any) -> str | None:
    items = field.get("options") or []
    if not isinstance(value, list):
        return "a list in order"
    if items and (not all(isinstance(item, str) for item in value) or sorted(value) != sorted(items)):
        return f"all of {', '.join(items)}, in order"
    return None


CHECKS: dict[str, Callable[[Field, Any], str | None]] = {
    "short_text": _text,
    "long_text": _text,
    "code": _text,
    "pairwise": _text,
    "criteria": _text,
    "file_upload": _text,
    "boolean": _boolean,
    "numeric": _numeric,
    "rating": _rating,
    "datetime": _datetime,
    "select": _select,
    "ranking": _ranking,
}
