"""Numbers and ratings, within what their hints say."""

import math
import re
from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.choices import choice_field

# Each text is read in one way only, so that a long one is refused as fast as a short one.
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
LONGEST_NUMBER = 400
DECIMAL_COMMA = re.compile(r"([+-]?)([0-9]*),([0-9]+)")
ANY_NUMBER = "This must be a number alone, such as 1234.5. A comma before the decimals is fine too."


def bounds(hint: str | None) -> tuple[float | None, float | None]:
    """Lowest and highest value that a hint such as "Number between 1 and 10" names."""
    text = hint or ""
    if both := re.search(rf"({NUMBER})(?: and | to |–|-)({NUMBER})", text):
        return float(both[1]), float(both[2])
    low = re.search(rf"at least ({NUMBER})", text)
    high = re.search(rf"at most ({NUMBER})", text)
    return (float(low[1]) if low else None), (float(high[1]) if high else None)


class Numeric(FieldType):
    def widget(self, field: Field) -> forms.Widget:
        return forms.TextInput(attrs={"inputmode": "decimal"} | _checked_by("number", field, self._wrong(field)))

    def read_text(self, text: str) -> Any:
        """People in many countries type a comma before the decimals."""
        found = DECIMAL_COMMA.fullmatch(text.strip()[:LONGEST_NUMBER])
        return self.read_cell(f"{found[1]}{found[2]}.{found[3]}" if found and not _may_group(found) else text)

    def refusal(self, field: Field, value: Any) -> str:
        found = DECIMAL_COMMA.fullmatch(value.strip()[:LONGEST_NUMBER]) if isinstance(value, str) else None
        if found:
            whole, point = f"{found[1]}{found[2]}{found[3]}", f"{found[1]}{found[2]}.{found[3]}"
            return f"This can mean {whole} or {point}. Write one of them."
        return self._wrong(field) if self.objection(field, value) else ""

    def _wrong(self, field: Field) -> str:
        return f"This must be a number{_range(field)}." if _range(field) else ANY_NUMBER

    def read_cell(self, value: Any) -> Any:
        """A JSON number is a float to many: one that would not survive that goes as text, which the API takes too."""
        text = _numeral(value)
        if text is None:
            return value
        if re.fullmatch(r"[+-]?[0-9]{1,15}", text):
            return int(text)
        number = float(text)
        return number if repr(number) == text.lstrip("+") else text

    def objection(self, field: Field, value: Any) -> str:
        number = _finite(value)
        return "" if number is not None and _is_within(field, number) else f"must be a number{_range(field)}"


class Rating(FieldType):
    is_kept = True

    def widget(self, field: Field) -> forms.Widget:
        wrong = f"This must be a whole number{_range(field)}."
        return forms.TextInput(attrs={"inputmode": "numeric"} | _checked_by("whole", field, wrong))

    def help(self, field: Field) -> str:
        return "" if scale_of(field) else super().help(field)

    def read_cell(self, value: Any) -> Any:
        text = _numeral(value)
        if text is None or not math.isfinite(float(text)) or not float(text).is_integer():
            return value
        return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else int(float(text))

    def objection(self, field: Field, value: Any) -> str:
        number = None if isinstance(value, str) else _finite(value)
        fits = number is not None and number.is_integer() and _is_within(field, number)
        return "" if fits else f"must be a whole number{_range(field)}"

    def form_field(self, field: Field) -> forms.Field:
        if not (scale := scale_of(field)):
            return super().form_field(field)
        options = [(str(number), str(number)) for number in scale]
        return choice_field(options, self.read_text, blank="Not set", **self.labels(field))


def scale_of(field: Field) -> range | None:
    """The few numbers to choose from, where the hint names both ends."""
    low, high = bounds(field.format_hint)
    if low is None or high is None or not low.is_integer() or not 0 <= high - low <= 10:
        return None
    return range(int(low), int(high) + 1)


def _may_group(found: re.Match[str]) -> bool:
    """1,234: a comma between thousands looks the same."""
    return len(found[3]) == 3 and 1 <= len(found[2]) <= 3 and not found[2].startswith("0")


def _checked_by(check: str, field: Field, wrong: str) -> dict[str, str]:
    """For the page, which says the same when the field is left."""
    low, high = bounds(field.format_hint)
    ends = {"data-low": low, "data-high": high}
    return {"data-check": check, "data-wrong": wrong} | {
        name: f"{end:g}" for name, end in ends.items() if end is not None
    }


def _numeral(value: Any) -> str | None:
    """`value` without outer spaces when it is a text that writes a number in ASCII digits; else None."""
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        return None
    text = value.strip()
    return text if re.fullmatch(NUMBER, text) else None


def _finite(value: Any) -> float | None:
    """A number, also one written as text, as a float; None for what is none, or too large to be compared."""
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


def _range(field: Field) -> str:
    low, high = bounds(field.format_hint)
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    if low is not None:
        return f", at least {low:g}"
    return "" if high is None else f", at most {high:g}"
