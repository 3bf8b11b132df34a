"""Conditions on sent values, such as ">25000" or "fax": each is a function that says whether a value is so."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any

from django.utils import timezone

from pipelines_portal.core import notation
from pipelines_portal.core.unicode_forms import fold
from pipelines_portal.workflows.fields.reading.days import DAY_EXAMPLES, days_in
from pipelines_portal.workflows.fields.reading.numbers import number_meanings
from pipelines_portal.workflows.fields.reading.times import time_or_value
from pipelines_portal.workflows.fields.reading.words import texts_of, words_in

# So many names or options are listed in a sentence.
MOST_LISTED = 8
Condition = Callable[[Any], bool]
Comparison = Callable[[Any, Any], bool]
_COMPARISONS: dict[str, Comparison] = {">": gt, ">=": ge, "<": lt, "<=": le}
_RANGE = re.compile(r"(.+?)\.\.(?!\.)(.+)", re.DOTALL)


class CannotRead(Exception):
    """A value that means nothing in its field. Its text is a sentence for people."""


def listed(texts: Sequence[str]) -> str:
    """Return the first of the texts, and "…" if there are more."""
    return ", ".join([*texts[:MOST_LISTED], *(["…"] if len(texts) > MOST_LISTED else [])])


def number_condition(name: str, sign: str, text: str, bare: Callable[[str], str]) -> Condition:
    """Compare a number. "100..200" are those between, both included. `bare` leaves out what says nothing."""
    if (edges := _RANGE.fullmatch(text)) and not sign:
        return _range_condition(name, bare(edges[1].strip()), bare(edges[2].strip()))
    wanted = _number_in(name, sign, bare(text))
    compare: Comparison = _COMPARISONS.get(sign, eq)

    def holds(value: Any) -> bool:
        number = _decimal(value)
        return number is not None and compare(number, wanted)

    return holds


def _range_condition(name: str, first: str, last: str) -> Condition:
    """Return whether a number is from `first` to `last`, both included."""
    lowest, highest = _number_in(name, "", first), _number_in(name, "", last)
    if lowest > highest:
        raise CannotRead(f"Enter the smaller number first: {name}:{last}..{first}.")

    def holds(value: Any) -> bool:
        number = _decimal(value)
        return number is not None and lowest <= number <= highest

    return holds


def _number_in(name: str, sign: str, text: str) -> Decimal:
    meanings = number_meanings(text, notation.current().decimal)
    if not meanings:
        raise CannotRead(f"“{text}” isn’t a number. Use {name}:{sign}100.")
    if len(meanings) > 1:
        raise CannotRead(f"“{text}” can be {meanings[0]} or {meanings[1]}. Enter it without separators.")
    return Decimal(meanings[0])


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def time_condition(sign: str, text: str) -> Condition:
    """Compare the local day of a time: "before" and "after" mean the first and the last of the days."""
    days = days_in(text)
    if days is None:
        raise CannotRead(f"“{text}” isn’t a day. {DAY_EXAMPLES}")
    first, last = days
    compare: Comparison = _COMPARISONS.get(sign, lambda day, _: first <= day <= last)
    edge = last if sign in (">", "<=") else first

    def holds(value: Any) -> bool:
        day = _day(value)
        return day is not None and compare(day, edge)

    return holds


def _day(value: Any) -> date | None:
    time = time_or_value(value)
    return timezone.localtime(time).date() if isinstance(time, datetime) and time.tzinfo else None


def choice_condition(label: str, options: Sequence[str], text: str) -> Condition:
    wanted = fold(text)
    if wanted not in map(fold, options):
        raise CannotRead(f"No option of {label} is called {text}. Use {listed(options)}.")
    return lambda value: any(fold(each) == wanted for each in texts_of(value))


def text_condition(text: str) -> Condition:
    """Find the words of `text` one after the other in the value. A text without words is compared as a whole."""
    words, whole = " ".join(words_in(text)), fold(text)
    if not words:
        return lambda value: any(fold(each).strip() == whole for each in texts_of(value))
    wanted = f" {words} "
    return lambda value: any(wanted in f" {' '.join(words_in(each))} " for each in texts_of(value))
