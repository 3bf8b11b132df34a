"""Recognizing rows with the same values, by a digest that is stored beside them."""

import hashlib

from pipelines_portal.core.json_text import json_text
from pipelines_portal.workflows.fields.field_values import FieldValues, is_blank


def digest_of(fields: FieldValues) -> str:
    """Return the SHA-256 of the values that are not blank, whatever their order."""
    filled = {name: value for name, value in fields.items() if not is_blank(value)}
    return hashlib.sha256(json_text(filled, sort_keys=True).encode()).hexdigest()
