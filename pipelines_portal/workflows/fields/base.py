"""What a field type is: how a value is entered, read, judged and shown again."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.api_client import Field

FieldValues = dict[str, Any]


def is_blank(value: Any) -> bool:
    """Nothing, or nothing but space: no value at all, whatever the type (S124)."""
    return value is None or (isinstance(value, str) and not value.strip())


class FieldType:
    """One type of field. What cannot be read as a value of it stays as it is, and is objected to."""

    # By such values people tell rows apart at a glance.
    tells_rows_apart = False
    # Stays in the form for the next task: texts change most.
    is_kept = False

    def widget(self, field: Field) -> forms.Widget:
        return forms.TextInput()

    def help(self, field: Field) -> str:
        """What the hint adds to what the input itself already says."""
        return field.format_hint or ""

    def read_cell(self, value: Any) -> Any:
        """A cell of a file, as the API takes it."""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, (int, float)) else value

    def read_text(self, text: str) -> Any:
        """What someone typed into the form, as the API takes it."""
        return self.read_cell(text)

    def objection(self, field: Field, value: Any) -> str:
        """What the API will say against a value that is there, as far as the schema tells; "" when nothing."""
        return ""

    def as_text(self, value: Any) -> str:
        """A value as the form shows it again."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def refusal(self, field: Field, value: Any) -> str:
        """What stands at the field when its value is objected to; "" when it is not."""
        objection = self.objection(field, value)
        return f"This {objection}." if objection else ""

    def form_field(self, field: Field) -> forms.Field:
        """Cleans to the value to send, or to None or "" when nothing was entered."""
        return EnteredField(self, field, widget=self.widget(field), **self.labels(field))

    def labels(self, field: Field) -> dict[str, Any]:
        """Labelled with its title, helped by its hint, required as it is."""
        required = {"required": f"{field.label} is required."}
        help_text = self.help(field)
        return {
            "label": field.label,
            "required": field.required,
            "help_text": help_text,
            "error_messages": required,
        }


class EnteredField(forms.CharField):
    """Text as typed, read and judged by its type. Inner and outer spaces stay, line ends become \\n."""

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
        if refusal := self.type.refusal(self.remote, read):
            raise ValidationError(refusal)
        return read

    def prepare_value(self, value: Any) -> Any:
        return self.type.as_text(value) if isinstance(value, str) else value
