"""The value that people know a row by."""

from typing import Any

from pipelines_portal.workflows.fields.base import FieldValues


def telling_value(fields: FieldValues, telling_field: str = "") -> str:
    """Return what the row says in `telling_field`, else its first text of more than one word, else its first text.

    Return "" if it has no text.
    """
    if told := " ".join(_as_text(fields.get(telling_field)).split()):
        return told
    texts = [" ".join(text.split()) for text in map(_as_text, fields.values()) if text.strip()]
    return next((text for text in texts if " " in text), texts[0] if texts else "")


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_as_text, value))
    return "" if value is None else str(value)
