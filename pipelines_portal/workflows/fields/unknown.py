"""A type that the portal does not know: a text, or a JSON object or list."""

from typing import Any

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.reading.json_lists import json_in
from pipelines_portal.workflows.fields.texts import as_text


class Unknown(FieldType):
    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.label_in_portal = self.label_in_files = field.type

    def read(self, entered: Any, about: Circumstances) -> Any:
        text = as_text(entered)
        if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
            return text
        parsed = json_in(text)
        return text if parsed is None else parsed

    def widget(self) -> forms.Widget:
        return forms.Textarea(attrs={"rows": 3})
