"""Numbers, within the limits of their hints."""

import math
from functools import cached_property
from typing import Any

from django import forms

from pipelines_portal.core import notation
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.conditions import Condition, number_condition
from pipelines_portal.workflows.fields.reading.limits import Bounds, bounds, from_to, is_within
from pipelines_portal.workflows.fields.reading.numbers import (
    EXACT_DIGITS,
    LONGEST_NUMBER,
    NUMERAL,
    clear_number,
    is_percentage,
    json_number,
    number_meanings,
    number_readings,
    plain_number,
)
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.verdicts import TWO_NUMBERS, Answer, Wrong

LONGEST_SHOWN = 30


class Number(FieldType):
    """What numbers of all types have in common."""

    is_number = is_short = is_condition = takes_values = True
    has_text_cells = has_words = False
    rules = (Kind.COMPARE, Kind.ONE_OF, Kind.ONCE)
    example = "100"
    condition_offers = ()
    # In the sentences about a wrong one.
    kind_in_words, like = "a number", "1234.5"
    inputmode, check = "decimal", "number"

    @cached_property
    def limits(self) -> Bounds:
        return bounds(self.field.format_hint)

    def bare(self, text: str) -> str:
        """Return a text without the signs that say nothing in this type."""
        return text

    def read(self, entered: Any, about: Circumstances) -> Any:
        value = self.read_text(entered, about.notation.decimal) if isinstance(entered, str) else self.as_sent(entered)
        number = _finite(value)
        if number is None:
            raise Wrong("number", "Not a number", self.request)
        if not is_within(self.limits, number):
            raise Wrong("limits", from_to(self.limits, low="At least", high="At most"), self.request)
        return value

    def read_text(self, text: str, decimal: str) -> Any:
        """Return the one number that a text means, or None. Raise Wrong if it means two."""
        numbers = number_meanings(self.bare(text), decimal)
        if len(numbers) == 1:
            return json_number(numbers[0])
        if len(numbers) > 2:
            raise Wrong("sign", "Without %", "Enter the number without %.")
        if not numbers:
            return None
        one, other = numbers
        answers = tuple(Answer(number, clear_number(number)) for number in numbers)
        raise Wrong(TWO_NUMBERS, f"{one} or {other}?", f"Is it {one} or {other}?", answers)

    def as_sent(self, value: Any) -> Any:
        """Return a value of a spreadsheet as the same number is sent if it is typed."""
        return value

    @property
    def request(self) -> str:
        """The sentence for a text that is no number, or one beyond the limits."""
        if self.limits == (None, None):
            return f"Enter {self.kind_in_words}, like {self.like}."
        return f"Enter {self.kind_in_words} {from_to(self.limits, low='of at least', high='of at most', both='from ')}."

    def text_of_cell(self, value: Any, text: str, decimal: str) -> str:
        # The text of its format would mean another number as soon as a part of it is changed.
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return clear_number(plain_number(repr(value)), decimal) if is_number else text

    def stored(self, text: str, notation: Notation, zone: str, now: Any) -> str:
        bare = self.bare(text)
        if notation.decimal and not is_percentage(bare) and len(number_readings(bare)) > 1:
            return clear_number(plain_number(number_readings(bare, notation.decimal)[0]))
        return text

    def shown(self, text: str) -> str:
        return text.replace(".", notation.current().decimal or ".")

    def widget(self) -> forms.Widget:
        low, high = self.limits
        ends = {name: repr(end) for name, end in {"data-low": low, "data-high": high}.items() if end is not None}
        # The page checks the input by them when the person leaves it.
        attrs = {"inputmode": self.inputmode, "data-check": self.check, "data-wrong": self.request}
        return forms.TextInput(attrs=attrs | ends)

    def condition(self, name: str, sign: str, text: str) -> Condition:
        return number_condition(name, sign, text, self.bare)


class Numeric(Number):
    api_name, label_in_portal, label_in_files = "numeric", "Number", "Number"
    is_coded = True
    room = (8, 12)

    def as_sent(self, value: Any) -> Any:
        """Return it as its text if it has more digits than readers of JSON agree on. The API accepts both."""
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**LONGEST_NUMBER:
            return json_number(str(value))
        is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 10**EXACT_DIGITS
        return int(value) if is_whole else value

    def as_text(self, value: Any) -> str:
        """Return the number as a text that is read as this number again, in any format."""
        text = super().as_text(value)
        return clear_number(text) if NUMERAL.fullmatch(text) else text

    def shown_and_edited(self, text: str, notation: Notation, *, is_wrong: bool) -> tuple[str, str]:
        return (text if is_wrong else self._understood(text, notation.decimal)), text

    def _understood(self, text: str, decimal: str) -> str:
        """Return a number as it is sent, if a person wrote it in another way."""
        numbers = number_meanings(self.bare(text), decimal)
        if len(numbers) != 1 or len(shown := plain_number(numbers[0])) > LONGEST_SHOWN:
            return text
        return self.shown(shown)

    def widget(self) -> forms.Widget:
        widget = super().widget()
        widget.attrs["data-long"] = "Sent as text, as it has more than 15 digits."
        return widget

    @property
    def help(self) -> str:
        return super().help if None in self.limits else from_to(self.limits, low="", high="")


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None
