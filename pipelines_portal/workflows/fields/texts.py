"""Texts of all lengths."""

from typing import Any, ClassVar

from django import forms

from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.verdicts import Wrong


def as_text(value: Any) -> Any:
    """Return a number of JSON as its text, where a text is wanted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


class Text(FieldType):
    """A text."""

    is_text = True
    label_in_files = "Text"

    def read(self, entered: Any, about: Circumstances) -> Any:
        text = as_text(entered)
        if not isinstance(text, str):
            raise Wrong("text", "Not text", "Enter a text.")
        return text


class ShortText(Text):
    api_name, label_in_portal = "short_text", "Short text"
    is_short = tells_rows_apart = is_coded = is_condition = True
    room = (8, 26)
    rules = (Kind.PATTERN, Kind.ONE_OF, Kind.ONCE)

    @property
    def has_suggestions(self) -> bool:
        return True


class Lines(Text):
    """A text of several lines."""

    tells_rows_apart = True
    editor = "lines"

    def widget(self) -> forms.Widget:
        return forms.Textarea(attrs={"rows": 4})


class LongText(Lines):
    api_name, label_in_portal, label_in_files = "long_text", "Long text", "Long text"
    is_condition = True
    rules = (Kind.PATTERN, Kind.ONCE)


class Pairwise(Lines):
    api_name, label_in_portal = "pairwise", "Pairwise comparison"


class Criteria(Lines):
    api_name, label_in_portal = "criteria", "Criteria"


class Code(Text):
    api_name, label_in_portal, label_in_files = "code", "Code", "Code"
    editor = "lines"
    attrs: ClassVar = {"rows": 8, "class": "code", "spellcheck": "false", "autocapitalize": "off"}

    def widget(self) -> forms.Widget:
        return forms.Textarea(attrs=self.attrs)
