"""Conditions on what was sent, such as "channel:fax" and "gross:>25000", and whether they hold for a row."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt
from typing import Any

from django.utils import timezone

from pipelines_portal.api_client import Field
from pipelines_portal.core import notation
from pipelines_portal.core.unicode_forms import fold
from pipelines_portal.submissions.search_words import MOST_WORDS, Term, texts_of, words_in
from pipelines_portal.submissions.shown_values import time_or_value
from pipelines_portal.web.query_tokens import quoted
from pipelines_portal.workflows.fields.choices_read import BOOLEAN_WORDS, choices_of, same_choice
from pipelines_portal.workflows.fields.reading.days import DAY_EXAMPLES, days_in
from pipelines_portal.workflows.fields.reading.limits import NUMBERS
from pipelines_portal.workflows.fields.reading.numbers import number_meanings

TIMES = ("datetime",)
_RANGE = re.compile(r"(.+?)\s*\.\.(?!\.)\s*(.+)")
_COMPARED = re.compile(r"(>=|<=|>|<)?\s*(.*)", re.DOTALL)
# So many names or options are listed in a sentence.
MOST_LISTED = 8
Comparison = Callable[[Any, Any], bool]
_COMPARISONS: dict[str, Comparison] = {">": gt, ">=": ge, "<": lt, "<=": le}


class CannotRead(Exception):
    """A value that means nothing in its field. Its text is a sentence for people."""


@dataclass(frozen=True)
class ValueTest:
    """A condition on the value of a field. `term` has words that a row must contain, for the search index."""

    name: str
    holds: Callable[[Any], bool]
    is_not: bool = False
    term: Term | None = None

    def matches(self, fields: dict[str, Any]) -> bool:
        return self.holds(fields.get(self.name)) != self.is_not


def matches_all(tests: Iterable[ValueTest], fields: dict[str, Any]) -> bool:
    return all(test.matches(fields) for test in tests)


def field_called(name: str, fields: Sequence[Field]) -> Field | None:
    """Return the field with this name, or else the only one with this title. Case, spaces and signs don't matter."""
    wanted = bare(name)
    named = [known for known in fields if bare(known.name) == wanted]
    titled = [known for known in fields if bare(known.title) == wanted]
    return named[0] if named else titled[0] if len(titled) == 1 else None


def bare(name: str) -> str:
    return "".join(sign for sign in fold(name) if sign.isalnum())


def read_test(known: Field, name: str, text: str, *, is_not: bool) -> ValueTest:
    """Return the condition that `name:text` means. Raise CannotRead with a sentence if it means none."""
    found = _COMPARED.fullmatch(text)
    sign, value = (found[1] or "", found[2].strip()) if found else ("", text)
    if not value:
        raise CannotRead(f"Enter a value, for example {name}:{sign}{_example(known)}.")
    if known.type in NUMBERS and (edges := _RANGE.fullmatch(value)) and not sign:
        return ValueTest(known.name, _range_test(name, edges[1], edges[2]), is_not)
    if known.type in NUMBERS:
        return ValueTest(known.name, _number_test(name, sign, value), is_not)
    if known.type in TIMES:
        return ValueTest(known.name, _time_test(sign, value), is_not)
    if sign:
        raise CannotRead(f"Only numbers and dates can be compared. Use {name}:{quoted(value)}.")
    if known.type == "boolean":
        return ValueTest(known.name, _boolean_test(known, name, value), is_not)
    holds = _choice_test(known, value) if choices_of(known) else _text_test(value)
    return ValueTest(known.name, holds, is_not, None if is_not else _term(value))


def _example(known: Field) -> str:
    if known.type in NUMBERS:
        return "100"
    return "today" if known.type in TIMES else quoted(next((value for value, _ in choices_of(known)), "text"))


def _term(value: str) -> Term | None:
    words = tuple(words_in(value))[:MOST_WORDS]
    return Term((words,)) if words else None


def listed(texts: Sequence[str]) -> str:
    """Return the first of the texts, and "…" if there are more."""
    return ", ".join([*texts[:MOST_LISTED], *(["…"] if len(texts) > MOST_LISTED else [])])


def _range_test(name: str, first: str, last: str) -> Callable[[Any], bool]:
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


def _number_test(name: str, sign: str, text: str) -> Callable[[Any], bool]:
    wanted = _number_in(name, sign, text)
    compare: Comparison = _COMPARISONS.get(sign, eq)

    def holds(value: Any) -> bool:
        number = _decimal(value)
        return number is not None and compare(number, wanted)

    return holds


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _time_test(sign: str, text: str) -> Callable[[Any], bool]:
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


def _boolean_test(known: Field, name: str, text: str) -> Callable[[Any], bool]:
    wanted = BOOLEAN_WORDS.get(same_choice(known, text) or text.lower())
    if wanted is None:
        raise CannotRead(f"Use {name}:yes or {name}:no.")
    return lambda value: value is wanted


def _choice_test(known: Field, text: str) -> Callable[[Any], bool]:
    options = [value for value, _ in choices_of(known)]
    wanted = fold(same_choice(known, text) or text)
    if wanted not in map(fold, options):
        raise CannotRead(f"No option of {known.label} is called {text}. Use {listed(options)}.")
    return lambda value: any(fold(each) == wanted for each in texts_of(value))


def _text_test(text: str) -> Callable[[Any], bool]:
    """Find the words of `text` one after the other in the value. A text without words is compared as a whole."""
    words, whole = " ".join(words_in(text)), fold(text)
    if not words:
        return lambda value: any(fold(each).strip() == whole for each in texts_of(value))
    wanted = f" {words} "
    return lambda value: any(wanted in f" {' '.join(words_in(each))} " for each in texts_of(value))
