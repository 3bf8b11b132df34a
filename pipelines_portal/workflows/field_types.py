"""How each field type is entered and what is sent for it. An unknown type is text, or JSON as typed."""

import json
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.api_client import Field

FEW = 7
# Each text is read in one way only, so that a long one is refused as fast as a short one.
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
LONGEST_NUMBER = 400
# Browsers post these; people who type with JavaScript off may write a space or leave seconds out.
DATETIME_FORMATS = [
    "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d",
]  # fmt: skip


class TextField(forms.CharField):
    """Text as typed: inner and outer spaces stay, line ends become \\n, nothing but space counts as empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value).replace("\r\n", "\n")
        return text if text.strip() else ""


class NumberField(forms.CharField):
    """A number within what its hint says; as an int or float where that loses nothing, else as the text."""

    def __init__(self, low: float | None, high: float | None, *, whole: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.whole = low, high, whole

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and not _is_number(text, whole=self.whole):
            raise ValidationError("Enter a whole number." if self.whole else "Enter a number.")
        if text and self.low is not None and float(text) < self.low:
            raise ValidationError(f"This must be at least {self.low:g}.")
        if text and self.high is not None and float(text) > self.high:
            raise ValidationError(f"This must be at most {self.high:g}.")
        return text


def _is_number(text: str, *, whole: bool) -> bool:
    """In ASCII digits and finite; `whole` whatever way it is written."""
    if len(text) > LONGEST_NUMBER or not re.fullmatch(NUMBER, text) or not math.isfinite(float(text)):
        return False
    return not whole or float(text).is_integer()


class MomentField(forms.DateTimeField):
    """A time in UTC, as text in ISO 8601; a pasted time with an offset is taken as it stands."""

    input_formats = DATETIME_FORMATS

    def to_python(self, value: Any) -> str | None:
        text = str(value or "").strip()
        moment = self._iso(text) or super().to_python(text)
        if moment is None:
            return None
        if self._iso(text) and moment.tzinfo:
            return text
        return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"

    def _iso(self, text: str) -> datetime | None:
        """Whatever form of ISO 8601 the API reads."""
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None

    def prepare_value(self, value: Any) -> Any:
        return value.removesuffix("Z") if isinstance(value, str) else value


class LinesField(TextField):
    """A list, one item a line; shown again from a list. With `items`, each of them once."""

    def __init__(self, items: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.items = items

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text and is_other_ranking(self.items, _lines(text)):
            raise ValidationError(f"Write each of these once, one a line: {', '.join(self.items)}.")
        return text

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value


class LooseField(TextField):
    """Text or JSON; shown again from either."""

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def form_field(field: Field) -> forms.Field:
    """The form field for a remote one: labelled with its title, helped by its hint, required as it is."""
    build = _BUILDERS.get(field.type, _loose)
    built = build(field, {"label": field.label, "required": field.required, "help_text": _help(field)})
    built.error_messages["required"] = f"{field.label} is required."
    return built


def to_send(field: Field, value: Any) -> Any:
    """The cleaned value as the API takes it."""
    return _SENDERS.get(field.type, _loosely)(value)


def bounds(hint: str | None) -> tuple[float | None, float | None]:
    """Lowest and highest value that a hint such as "Number between 1 and 10" names."""
    text = hint or ""
    if both := re.search(rf"({NUMBER})(?: and | to |–|-)({NUMBER})", text):
        return float(both[1]), float(both[2])
    low = re.search(rf"at least ({NUMBER})", text)
    high = re.search(rf"at most ({NUMBER})", text)
    return (float(low[1]) if low else None), (float(high[1]) if high else None)


def ranked_items(hint: str | None) -> list[str]:
    """What a hint such as "Each once, first is highest: A, B, C" says to put in order; empty when it does not."""
    _, found, listed = (hint or "").partition("Each once, first is highest: ")
    return [item.strip() for item in listed.split(",")] if found else []


def is_other_ranking(items: list[str], ranked: list[Any]) -> bool:
    """Whether `ranked` is surely no order of `items`. An item with a comma in it cannot be told from two."""
    if not items or any(isinstance(item, str) and "," in item for item in ranked):
        return False
    return not all(isinstance(item, str) for item in ranked) or sorted(ranked) != sorted(items)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _help(field: Field) -> str:
    """What the hint adds to what the input itself already says."""
    if field.type == "datetime":
        return "In UTC."
    if field.type == "boolean" or (field.type == "select" and field.choices):
        return ""
    if field.type == "ranking":
        return " ".join(filter(None, [field.format_hint, "One item a line, the first one on top."]))
    if field.type == "rating" and _rating_scale(field):
        return ""
    return field.format_hint or ""


def _text(field: Field, common: dict[str, Any]) -> forms.Field:
    return TextField(**common)


def _long_text(field: Field, common: dict[str, Any]) -> forms.Field:
    return TextField(widget=forms.Textarea(attrs={"rows": 4}), **common)


def _code(field: Field, common: dict[str, Any]) -> forms.Field:
    attrs = {"rows": 8, "class": "code", "spellcheck": "false", "autocapitalize": "off"}
    return TextField(widget=forms.Textarea(attrs=attrs), **common)


def _choice(options: list[tuple[str, str]], common: dict[str, Any], *, optional_word: str) -> forms.Field:
    """Buttons for a few options, a list for many; optional ones can be left open again."""
    blank = [] if common["required"] and len(options) <= FEW else [("", optional_word)]
    widget = forms.RadioSelect if len(options) <= FEW else forms.Select
    field = forms.ChoiceField(choices=blank + options, widget=widget, **common)
    field.error_messages["invalid_choice"] = f"Choose one of the {len(options)} options."
    return field


def _boolean(field: Field, common: dict[str, Any]) -> forms.Field:
    return _choice([("true", "Yes"), ("false", "No")], common, optional_word="Not set")


def _select(field: Field, common: dict[str, Any]) -> forms.Field:
    if not field.choices:
        return TextField(**common)
    word = "Choose one" if common["required"] else "Not set"
    return _choice([(option, field.choice_label(option)) for option in field.choices], common, optional_word=word)


def _numeric(field: Field, common: dict[str, Any]) -> forms.Field:
    return NumberField(*bounds(field.format_hint), widget=forms.TextInput(attrs={"inputmode": "decimal"}), **common)


def _rating(field: Field, common: dict[str, Any]) -> forms.Field:
    scale = _rating_scale(field)
    if scale:
        return _choice([(str(number), str(number)) for number in scale], common, optional_word="Not set")
    widget = forms.TextInput(attrs={"inputmode": "numeric"})
    return NumberField(*bounds(field.format_hint), whole=True, widget=widget, **common)


def _rating_scale(field: Field) -> range | None:
    low, high = bounds(field.format_hint)
    if low is None or high is None or not low.is_integer() or not 0 <= high - low <= 10:
        return None
    return range(int(low), int(high) + 1)


def _datetime(field: Field, common: dict[str, Any]) -> forms.Field:
    return MomentField(widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}), **common)


def _ranking(field: Field, common: dict[str, Any]) -> forms.Field:
    return LinesField(ranked_items(field.format_hint), widget=forms.Textarea(attrs={"rows": 4}), **common)


def _loose(field: Field, common: dict[str, Any]) -> forms.Field:
    return LooseField(widget=forms.Textarea(attrs={"rows": 3}), **common)


_BUILDERS: dict[str, Callable[[Field, dict[str, Any]], forms.Field]] = {
    "short_text": _text,
    "long_text": _long_text,
    "code": _code,
    "boolean": _boolean,
    "numeric": _numeric,
    "datetime": _datetime,
    "select": _select,
    "rating": _rating,
    "ranking": _ranking,
    "pairwise": _long_text,
    "criteria": _long_text,
}


def _as_typed(value: Any) -> Any:
    return value


def _number(text: str) -> int | float | str | None:
    """JSON numbers are floats to many: one that would not survive that is sent as text, which the API takes too."""
    if not text:
        return None
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    number = float(text)
    return number if repr(number) == text.lstrip("+") else text


def _loosely(text: str) -> Any:
    """Text, unless it is a JSON object or list."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_SENDERS: dict[str, Callable[[Any], Any]] = {
    "short_text": _as_typed,
    "long_text": _as_typed,
    "code": _as_typed,
    "pairwise": _as_typed,
    "criteria": _as_typed,
    "datetime": _as_typed,
    "select": _as_typed,
    "boolean": lambda word: {"true": True, "false": False}.get(word),
    "numeric": _number,
    "rating": lambda text: int(float(text)) if text else None,
    "ranking": _lines,
}
