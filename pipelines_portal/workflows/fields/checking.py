"""What the API will say of a row's values, before it is asked."""

from dataclasses import dataclass
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.types import type_of


@dataclass(frozen=True)
class Objection:
    """`kind` is missing or invalid; the message names the field as people see it."""

    kind: str
    message: str


def objection_to(field: Field, value: Any) -> Objection | None:
    """To one field's value, None when it is fine."""
    if is_blank(value):
        return Objection("missing", f"{field.label} is missing") if field.required else None
    said = type_of(field).objection(field, value)
    return Objection("invalid", f"{field.label} {said}") if said else None


def unknown_names(row: FieldValues, schema: Schema) -> list[str]:
    """Names of the row that no field has."""
    names = {field.name for field in schema.fields}
    return [name for name in row if name not in names]
