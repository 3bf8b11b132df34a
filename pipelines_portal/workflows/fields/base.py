"""The base class of field types: how a value is entered and shown. What it means is said by values/."""

import json
from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.field_values import is_blank


class FieldType:
    """A type of field."""

    # Whether its values help people to tell rows apart.
    tells_rows_apart = False
    # Whether its values are chosen from buttons or a list.
    is_chosen = False

    def widget(self, field: Field) -> forms.Widget:
        return forms.TextInput()

    def has_suggestions(self, field: Field) -> bool:
        """Return whether a person's own earlier values are suggested: for short texts, which may repeat."""
        return False

    def help(self, field: Field) -> str:
        """Return the help text, without what the input itself shows."""
        return field.format_hint or ""

    def as_text(self, value: Any) -> str:
        """Return the value as the form shows it."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def form_field(self, field: Field) -> forms.Field:
        return EnteredField(widget=self.widget(field), **self.labels(field))

    def labels(self, field: Field) -> dict[str, Any]:
        """Return label, help text and other arguments of the form field."""
        return {"label": field.label, "required": bool(field.required), "help_text": self.help(field)}


def entered_text(value: Any) -> str:
    """Return a posted text. Spaces stay, line ends become line feeds, and mere spaces are nothing."""
    text = "" if value is None else str(value).replace("\r\n", "\n").replace("\0", "")
    return "" if is_blank(text) else text


class EnteredField(forms.CharField):
    """A text as it was entered. The form checks it together with the others of its row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def clean(self, value: Any) -> str:
        return entered_text(value)


class OfferedField(forms.ChoiceField):
    """A text that is chosen, as it was entered. The form checks it together with the others of its row."""

    def clean(self, value: Any) -> str:
        return entered_text(value)
