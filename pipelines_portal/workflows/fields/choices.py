"""Choices: yes or no, and the options of a select."""

from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType, OfferedField

FEW = 7


def choice_field(options: list[tuple[str, str]], *, blank: str, required: bool, **labels: Any) -> forms.Field:
    """Return radio buttons for few options, a list for many. An optional field gets the option `blank`."""
    is_few = len(options) <= FEW
    open_choice = [] if required and is_few else [("", blank)]
    widget = forms.RadioSelect if is_few else forms.Select
    return OfferedField(choices=open_choice + options, widget=widget, required=required, **labels)


class Boolean(FieldType):
    """Yes or no."""

    is_chosen = True

    def help(self, field: Field) -> str:
        return ""

    def form_field(self, field: Field) -> forms.Field:
        return choice_field([("true", "Yes"), ("false", "No")], blank="Not set", **self.labels(field))


class Select(FieldType):
    """One of the options, or free text if the schema names none."""

    is_chosen = True
    tells_rows_apart = True

    def has_suggestions(self, field: Field) -> bool:
        return not field.choices

    def help(self, field: Field) -> str:
        return "" if field.choices else super().help(field)

    def form_field(self, field: Field) -> forms.Field:
        if not field.choices:
            return super().form_field(field)
        options = [(option, option) for option in field.choices]
        return choice_field(options, blank="Choose one" if field.required else "Not set", **self.labels(field))
