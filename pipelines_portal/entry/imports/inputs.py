"""Inputs for a field's value where many stand beside each other: those of its own form, one line high."""

from django import forms
from django.utils.safestring import SafeString

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.types import type_of


def value_input(known: Field, name: str, text: str, **attrs: str | bool) -> SafeString:
    """As typed. A list where the field takes a few only; what is no choice stays in it, until another is chosen."""
    return value_widget(known, text).render(name, text, attrs={"id": name, "class": "value"} | attrs)


def value_widget(known: Field, text: str) -> forms.Widget:
    entered = type_of(known).form_field(known)
    if isinstance(entered, forms.ChoiceField):
        choices = [(value, label) for value, label in list(entered.choices) if value]  # type: ignore[arg-type]
        others = [("", "")] if text == "" or not known.required else []
        if text and text not in (value for value, _ in choices):
            others.append((text, text))
        return forms.Select(choices=[*others, *choices])
    if isinstance(entered.widget, forms.Textarea) or "\n" in text:
        return forms.Textarea(attrs={"rows": 1})
    attrs = {name: value for name, value in entered.widget.attrs.items() if name == "inputmode"}
    return forms.TextInput(attrs=attrs)
