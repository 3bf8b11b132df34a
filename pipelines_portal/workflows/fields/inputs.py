"""The form fields of types: texts as they were entered, which the form checks together."""

from typing import Any

from django import forms

from pipelines_portal.workflows.fields.field_values import is_blank

FEW = 7


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


def choice_field(options: list[tuple[str, str]], *, blank: str, required: bool, **labels: Any) -> forms.Field:
    """Return radio buttons for few options, a list for many. An optional field gets the option `blank`."""
    is_few = len(options) <= FEW
    open_choice = [] if required and is_few else [("", blank)]
    widget = forms.RadioSelect if is_few else forms.Select
    return OfferedField(choices=open_choice + options, widget=widget, required=required, **labels)
