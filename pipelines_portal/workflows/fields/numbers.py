"""Numbers and ratings, within the limits of their hints."""

import math
import re
from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.core import notation
from pipelines_portal.values.numbers import (
    EXACT_DIGITS,
    LONGEST_NUMBER,
    NUMERAL,
    both_numbers,
    clear_number,
    is_percentage,
    json_number,
    number_readings,
)
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.choices import choice_field

# This expression matches a text in only one way, so that a long one is refused as fast as a short one.
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# A search for numbers takes quadratic time in it.
LONGEST_HINT = 400
NO_NUMBER = "isn’t a number, like 1234.5"
ANY_NUMBER = "Enter a number, such as 1234.5 or 1234,5."


def bounds(hint: str | None) -> tuple[float | None, float | None]:
    """Return the lowest and highest value of a hint such as "Number between 1 and 10"."""
    text = hint if hint and len(hint) <= LONGEST_HINT else ""
    if both := re.search(rf"({NUMBER})(?: and | to |–|-)({NUMBER})", text):
        return float(both[1]), float(both[2])
    low = re.search(rf"at least ({NUMBER})", text)
    high = re.search(rf"at most ({NUMBER})", text)
    return (float(low[1]) if low else None), (float(high[1]) if high else None)


class Numeric(FieldType):
    """A number."""

    def widget(self, field: Field) -> forms.Widget:
        return forms.TextInput(attrs={"inputmode": "decimal"} | _check_attrs("number", field, self._wrong(field)))

    def help(self, field: Field) -> str:
        low, high = bounds(field.format_hint)
        return super().help(field) if low is None or high is None else f"{_grouped(low)} to {_grouped(high)}"

    def read_text(self, text: str) -> Any:
        """Read a number as people of many countries write it: 1.234,50 and 1,234.50 are the same."""
        numbers = number_readings(text, notation.current().decimal)
        return json_number(numbers[0]) if len(numbers) == 1 and not is_percentage(text) else text

    def error_message(self, field: Field, value: Any) -> str:
        numbers = number_readings(value, notation.current().decimal) if isinstance(value, str) else []
        if isinstance(value, str) and numbers and (len(numbers) == 2 or is_percentage(value)):
            both = both_numbers(value)
            return "Is it {} or {}?".format(*both) if both else ANY_NUMBER
        rejection = self.rejection(field, value)
        return "" if not rejection else ANY_NUMBER if rejection == NO_NUMBER else self._wrong(field)

    def _wrong(self, field: Field) -> str:
        return f"Enter a number{_range(field)}." if _range(field) else ANY_NUMBER

    def read_cell(self, value: Any) -> Any:
        """Return a number, or its text if it has more digits than JSON's readers agree on. The API accepts both."""
        if isinstance(value, float) and value.is_integer() and abs(value) < 10**EXACT_DIGITS:
            return int(value)
        text = _numeral(value)
        return value if text is None else json_number(text)

    def as_text(self, value: Any) -> str:
        """Return the number as a text that is read as this number again, in any format."""
        text = super().as_text(value)
        return clear_number(text) if NUMERAL.fullmatch(text) else text

    def rejection(self, field: Field, value: Any) -> str:
        number = _finite(value)
        if number is None:
            return NO_NUMBER
        return "" if _is_within(field, number) else f"isn’t a number{_range(field)}"


class Rating(FieldType):
    """A whole number on a scale."""

    stays_filled_in = True

    def widget(self, field: Field) -> forms.Widget:
        wrong = f"Enter a whole number{_range(field)}."
        return forms.TextInput(attrs={"inputmode": "numeric"} | _check_attrs("whole", field, wrong))

    def help(self, field: Field) -> str:
        return "" if scale_of(field) else super().help(field)

    def read_text(self, text: str) -> Any:
        numbers = number_readings(text, notation.current().decimal)
        return self.read_cell(numbers[0] if len(numbers) == 1 and not is_percentage(text) else text)

    def error_message(self, field: Field, value: Any) -> str:
        return f"Enter a whole number{_range(field)}." if self.rejection(field, value) else ""

    def read_cell(self, value: Any) -> Any:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        text = _numeral(value)
        if text is None or not math.isfinite(float(text)) or not float(text).is_integer():
            return value
        return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else int(float(text))

    def rejection(self, field: Field, value: Any) -> str:
        number = None if isinstance(value, str) else _finite(value)
        fits = number is not None and number.is_integer() and _is_within(field, number)
        return "" if fits else f"isn’t a whole number{_range(field)}"

    def form_field(self, field: Field) -> forms.Field:
        if not (scale := scale_of(field)):
            return super().form_field(field)
        options = [(str(number), str(number)) for number in scale]
        return choice_field(options, self.read_text, blank="Not set", **self.labels(field))


def scale_of(field: Field) -> range | None:
    """Return the numbers of the scale if the hint names both ends and there are few."""
    low, high = bounds(field.format_hint)
    if low is None or high is None or not low.is_integer() or not 0 <= high - low <= 10:
        return None
    return range(int(low), int(high) + 1)


def _check_attrs(check: str, field: Field, wrong: str) -> dict[str, str]:
    """Return the attributes by which the page checks the input when the person leaves it."""
    low, high = bounds(field.format_hint)
    ends = {"data-low": low, "data-high": high}
    return {"data-check": check, "data-wrong": wrong} | {
        name: f"{end:g}" for name, end in ends.items() if end is not None
    }


def _numeral(value: Any) -> str | None:
    """Return the text of a number in ASCII digits, without spaces around it, or None."""
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        return None
    text = value.strip()
    return text if NUMERAL.fullmatch(text) else None


def _finite(value: Any) -> float | None:
    """Return a number or the text of one as a float, or None if it is not a finite number."""
    if isinstance(value, str):
        value = float(text) if (text := _numeral(value)) is not None else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _is_within(field: Field, number: float) -> bool:
    low, high = bounds(field.format_hint)
    return (low is None or number >= low) and (high is None or number <= high)


def _grouped(number: float) -> str:
    return f"{number:,.0f}" if number.is_integer() else f"{number:,g}"


def _range(field: Field) -> str:
    low, high = bounds(field.format_hint)
    if low is not None and high is not None:
        return f" from {_grouped(low)} to {_grouped(high)}"
    if low is not None:
        return f" of at least {_grouped(low)}"
    return "" if high is None else f" of at most {_grouped(high)}"
