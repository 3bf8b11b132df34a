"""The base class of field types: how a value is entered, read, checked and shown."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.api_client import Field

FieldValues = dict[str, Any]


def is_blank(value: Any) -> bool:
    """Return whether the value is missing, empty or only whitespace (S124)."""
    return value is None or (isinstance(value, str) and not value.strip())


class FieldType:
    """A type of field. A value that cannot be read stays as it is and is refused."""

    # Whether its values help people to tell rows apart.
    tells_rows_apart = False
    # Whether its value stays in the form for the next task. Texts usually change.
    stays_filled_in = False

    def widget(self, field: Field) -> forms.Widget:
        return forms.TextInput()

    def help(self, field: Field) -> str:
        """Return the help text, without what the input itself shows."""
        return field.format_hint or ""

    def read_cell(self, value: Any) -> Any:
        """Return the cell of a file as the API takes it."""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, (int, float)) else value

    def read_text(self, text: str) -> Any:
        """Return a text of the form as the API takes it."""
        return self.read_cell(text)

    def rejection(self, field: Field, value: Any) -> str:
        """Return what is wrong with a value according to the schema, or ""."""
        return ""

    def as_text(self, value: Any) -> str:
        """Return the value as the form shows it."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def error_message(self, field: Field, value: Any) -> str:
        """Return the message at the field for a wrong value, or ""."""
        rejection = self.rejection(field, value)
        return f"This {rejection}." if rejection else ""

    def form_field(self, field: Field) -> forms.Field:
        """Return the form field. It cleans to the value to send, or to None or "" if nothing was entered."""
        return EnteredField(self, field, widget=self.widget(field), **self.labels(field))

    def labels(self, field: Field) -> dict[str, Any]:
        """Return label, help text and other arguments of the form field."""
        required = {"required": f"{field.label} is required."}
        help_text = self.help(field)
        return {
            "label": field.label,
            "required": field.required,
            "help_text": help_text,
            "error_messages": required,
        }


class EnteredField(forms.CharField):
    """A text that its type reads and checks. Spaces stay, line ends become \\n."""

    def __init__(self, type_: FieldType, remote: Field, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.type = type_
        self.remote = remote

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).replace("\r\n", "\n")
        return "" if is_blank(text) else text

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        read = self.type.read_text(text)
        if message := self.type.error_message(self.remote, read):
            raise ValidationError(message)
        return read
