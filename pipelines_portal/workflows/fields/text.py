"""Texts, paths, and values of unknown types."""

import json
from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType


class Text(FieldType):
    """A text."""

    def rejection(self, field: Field, value: Any) -> str:
        return "" if isinstance(value, str) else "isn’t text"


class ShortText(Text):
    tells_rows_apart = True


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

    def read_text(self, text: str) -> Any:
        if not text.lstrip().startswith(("{", "[")):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text


class FilePath(FieldType):
    """A file of the archive, by its path."""

    def help(self, field: Field) -> str:
        return "Its path inside the ZIP file."

    def rejection(self, field: Field, value: Any) -> str:
        return "" if isinstance(value, str) else "isn’t a path in the ZIP file"
