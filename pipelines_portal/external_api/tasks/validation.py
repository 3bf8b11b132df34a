"""Checking the values of one task against its workflow's fields."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipelines_portal.external_api.workflows.fields import Field, range_text

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


class RowProblems:
    """What is wrong with one row, in order; of thousands the first few are kept, and counted are all.

    More would make an answer that nobody can read or even load, and would take seconds to put together.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self._count = 0
        self._first: list[RowError] = []

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, field_name: str, message: str) -> None:
        self._count += 1
        if len(self._first) <= ERRORS_A_ROW:
            self._first.append(RowError(self.index, field_name, message))

    def add_all(self, names: Sequence[str], problem: Callable[[str], tuple[str, str]]) -> None:
        """One problem a name; `problem` gives field and message, and is asked for no more than are kept."""
        for name in names[: ERRORS_A_ROW + 1]:
            self.add(*problem(name))
        self._count += len(names[ERRORS_A_ROW + 1 :])

    def told(self) -> list[RowError]:
        """The first ten, then how many more there are."""
        if self._count <= ERRORS_A_ROW:
            return self._first
        last = self._first[ERRORS_A_ROW]
        rest = f"… and {self._count - ERRORS_A_ROW:,} more problems"
        return [*self._first[:ERRORS_A_ROW], RowError(self.index, last.field_name, rest)]


def check_row(fields: list[Field], index: int, values: dict[str, Any]) -> RowProblems:
    """All that is wrong with one task: unknown names, then missing ones, then values; empty when it is good."""
    by_name = {field["name"]: field for field in fields}
    problems = RowProblems(index)
    known = values.keys() & by_name.keys()
    if len(known) < len(values):
        unknown = [name for name in values if name not in known]
        problems.add_all(unknown, lambda name: (name[:ECHOED], f"Unknown field: {name[:ECHOED]}"))
    _add_missing(problems, fields, values)
    _add_invalid(problems, by_name, {name: values[name] for name in values if name in known})
    return problems


def is_blank(value: Any) -> bool:
    """Null, empty text, or nothing but space: no value at all."""
    return value is None or (isinstance(value, str) and not value.strip())


def _add_missing(problems: RowProblems, fields: list[Field], values: dict[str, Any]) -> None:
    names = [field["name"] for field in fields if field["required"] and is_blank(values.get(field["name"]))]
    if names:
        problems.add(names[0], f"Missing required columns: {', '.join(names)}")


def _add_invalid(problems: RowProblems, by_name: dict[str, Field], values: dict[str, Any]) -> None:
    for name, value in values.items():
        field = by_name[name]
        if not is_blank(value) and (fault := CHECKS.get(field["type"], _anything)(field, value)):
            problems.add(name, f"Invalid value for {name}: must be {fault}")


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
