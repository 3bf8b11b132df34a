"""Dates with times, in ISO 8601."""

from datetime import datetime
from typing import Any

from django import forms

from pipelines_portal.api_client import Field

from .base import FieldType


class DateTime(FieldType):
    """Entered in UTC; one that was pasted with its own offset is sent as it stands."""

    def widget(self, field: Field) -> forms.Widget:
        return forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})

    def help(self, field: Field) -> str:
        return "In UTC."

    def read_cell(self, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    def read_text(self, text: str) -> Any:
        text = text.strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        return text if moment.tzinfo else f"{moment.replace(microsecond=0).isoformat()}Z"

    def objection(self, field: Field, value: Any) -> str:
        """Whatever form of ISO 8601 the API reads."""
        try:
            datetime.fromisoformat(value)
        except (ValueError, TypeError):
            return "must be a date and time such as 2026-03-30T12:00:00Z"
        return ""

    def as_text(self, value: Any) -> str:
        """Inputs for a time know no offset."""
        return super().as_text(value).removesuffix("Z")
