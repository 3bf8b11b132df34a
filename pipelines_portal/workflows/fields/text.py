"""Texts, paths, and values of unknown types."""

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType


class Text(FieldType):
    """A text."""


class ShortText(Text):
    tells_rows_apart = True

    def has_suggestions(self, field: Field) -> bool:
        return True


class LongText(Text):
    tells_rows_apart = True

    def widget(self, field: Field) -> forms.Widget:
        return forms.Textarea(attrs={"rows": 4})


class Code(Text):
    def widget(self, field: Field) -> forms.Widget:
        attrs = {"rows": 8, "class": "code", "spellcheck": "false", "autocapitalize": "off"}
        return forms.Textarea(attrs=attrs)


class Unknown(FieldType):
    """A type that the portal does not know: text, or a JSON object or list."""

    def widget(self, field: Field) -> forms.Widget:
        return forms.Textarea(attrs={"rows": 3})


class FilePath(FieldType):
    """A file of the archive, by its path."""

    def help(self, field: Field) -> str:
        return "Its path inside the ZIP file."
