"""The values of a row, by the names of its fields."""

from typing import Any

FieldValues = dict[str, Any]


def is_blank(value: Any) -> bool:
    """Return whether the value is missing, empty or only whitespace (S124)."""
    return value is None or (isinstance(value, str) and not value.strip())
