"""Choices: yes or no, and the options of a select."""

from collections.abc import Callable
from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType

FEW = 7
BOOLEAN_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def choice_field(
    options: list[tuple[str, str]], read: Callable[[str], Any], *, blank: str, required: bool, **labels: Any
) -> forms.Field:
    """Return radio buttons for few options, a list for many. An optional field gets the option `blank`."""
    is_few = len(options) <= FEW
    open_choice = [] if required and is_few else [("", blank)]
    labels["error_messages"] |= {"invalid_choice": f"Choose one of the {len(options)} options."}
    return forms.TypedChoiceField(
        choices=open_choice + options,
        coerce=read,
        empty_value=None,
        widget=forms.RadioSelect if is_few else forms.Select,
        required=required,
        **labels,
    )


class Boolean(FieldType):
    """Yes or no."""

    stays_filled_in = True

    def help(self, field: Field) -> str:
        return ""

    def read_cell(self, value: Any) -> Any:
        return BOOLEAN_WORDS.get(str(value).strip().lower(), value)

    def rejection(self, field: Field, value: Any) -> str:
        word = isinstance(value, str) and value.strip().lower() in BOOLEAN_WORDS
        return "" if word or isinstance(value, bool) else "isn’t Yes or No"

    def form_field(self, field: Field) -> forms.Field:
        return choice_field([("true", "Yes"), ("false", "No")], self.read_text, blank="Not set", **self.labels(field))


class Select(FieldType):
    """One of the options, or free text if the schema names none."""

    stays_filled_in = True
    tells_rows_apart = True

    def help(self, field: Field) -> str:
        return "" if field.choices else super().help(field)

    def rejection(self, field: Field, value: Any) -> str:
        choices = field.choices
        return f"isn’t one of {', '.join(choices)}" if choices and value not in choices else ""

    def form_field(self, field: Field) -> forms.Field:
        if not field.choices:
            return super().form_field(field)
        options = [(option, option) for option in field.choices]
        blank = "Choose one" if field.required else "Not set"
        return choice_field(options, self.read_text, blank=blank, **self.labels(field))
