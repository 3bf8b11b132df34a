"""Check values against the schema, before they are sent to the API."""

from dataclasses import dataclass
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.types import type_of


@dataclass(frozen=True)
class ValueRejection:
    """A problem of a value. `kind` is "missing" or "invalid". The message names the field by its label."""

    kind: str
    message: str


def rejection_of(field: Field, value: Any) -> ValueRejection | None:
    """Return the problem of a field's value, or None."""
    if is_blank(value):
        return ValueRejection("missing", f"{field.label} is missing") if field.required else None
    problem = type_of(field).rejection(field, value)
    return ValueRejection("invalid", f"{field.label} {problem}") if problem else None


def unknown_names(row: FieldValues, schema: Schema) -> list[str]:
    """Return the names in the row that are not fields."""
    names = {field.name for field in schema.fields}
    return [name for name in row if name not in names]
