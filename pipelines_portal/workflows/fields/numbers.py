"""Numbers and ratings, within the limits of their hints."""

from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.choices import choice_field
from pipelines_portal.workflows.fields.reading.limits import bounds, enter_number, from_to, scale_of
from pipelines_portal.workflows.fields.reading.numbers import NUMERAL, clear_number


class Numeric(FieldType):
    """A number."""

    def widget(self, field: Field) -> forms.Widget:
        attrs = {"inputmode": "decimal", "data-long": "Sent as text, as it has more than 15 digits."}
        return forms.TextInput(attrs=attrs | _check_attrs("number", field))

    def help(self, field: Field) -> str:
        limits = bounds(field.format_hint)
        return super().help(field) if None in limits else from_to(limits, low="", high="")

    def as_text(self, value: Any) -> str:
        """Return the number as a text that is read as this number again, in any format."""
        text = super().as_text(value)
        return clear_number(text) if NUMERAL.fullmatch(text) else text


class Rating(FieldType):
    """A whole number on a scale."""

    is_chosen = True

    def widget(self, field: Field) -> forms.Widget:
        return forms.TextInput(attrs={"inputmode": "numeric"} | _check_attrs("whole", field))

    def help(self, field: Field) -> str:
        return "" if scale_of(field) else super().help(field)

    def form_field(self, field: Field) -> forms.Field:
        if not (scale := scale_of(field)):
            return super().form_field(field)
        options = [(str(number), str(number)) for number in scale]
        return choice_field(options, blank="Not set", **self.labels(field))


def _check_attrs(check: str, field: Field) -> dict[str, str]:
    """Return the attributes by which the page checks the input when the person leaves it."""
    low, high = bounds(field.format_hint)
    ends = {"data-low": low, "data-high": high}
    return {"data-check": check, "data-wrong": enter_number(field)} | {
        name: repr(end) for name, end in ends.items() if end is not None
    }
