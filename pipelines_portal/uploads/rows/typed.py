"""Rows typed in a form, file fields as the path inside the archive."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.workflows.field_types import TextField, form_field, to_send

from .reading import Fields

MAX_TYPED = 50


class TypedRow(forms.Form):
    """One row: a form field a field of the workflow. Rows left wholly empty do not count."""

    def __init__(self, schema: Schema, number: int, data: Any = None) -> None:
        super().__init__(
            data, prefix=f"row-{number}", label_suffix="", empty_permitted=True, use_required_attribute=False
        )
        self.number = number
        self.remote = schema.fields
        for field in schema.fields:
            self.fields[field.name] = _form_field(field)

    def payload(self) -> Fields:
        """Values by API name, without those left empty. Call on a valid form."""
        values = {field.name: _to_send(field, self.cleaned_data.get(field.name)) for field in self.remote}
        return {name: value for name, value in values.items() if value not in (None, "", [])}

    def named_fields(self) -> list[tuple[BoundField, str]]:
        return [(self[field.name], field.name) for field in self.remote]


def _form_field(field: Field) -> forms.Field:
    if field.type == "file_upload":
        return TextField(label=field.label, required=field.required, help_text="Its path inside the archive.")
    return form_field(field)


def _to_send(field: Field, value: Any) -> Any:
    return value if field.type == "file_upload" else to_send(field, value)


def typed_rows(schema: Schema, count: int, data: Any = None) -> list[TypedRow]:
    """`count` row forms, filled from `data` when there is some."""
    return [TypedRow(schema, number, data) for number in range(1, min(max(count, 1), MAX_TYPED) + 1)]


def payloads(rows: list[TypedRow]) -> list[Fields] | None:
    """Field values of the rows that were filled in; None when one of them has an error."""
    filled = [row for row in rows if row.has_changed()]
    return [row.payload() for row in filled] if all(row.is_valid() for row in filled) else None
