"""Links that fill in the form, and never send it: `?f.name=value`; and what of other beginnings the form has no place
for, since the workflow's fields changed.
"""

from typing import Any

from django.http import QueryDict

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.types import FILE_UPLOAD, type_of

BEFORE_NAMES = "f."
LONGEST = 20_000


def prefilled(schema: Schema, asked: QueryDict) -> tuple[FieldValues, list[str]]:
    """Values by field name, and what was left out of them, in sentences."""
    values: FieldValues = {}
    left_out: list[str] = []
    fields = _entered(schema)
    for name, text in ((name.removeprefix(BEFORE_NAMES), asked.get(name, "")) for name in asked if _is_value(name)):
        if name not in fields:
            left_out.append(f"No field is called {name[:200]}.")
        elif wrong := _wrong_choice(fields[name], text, "the link says"):
            left_out.append(wrong)
        else:
            values[name] = type_of(fields[name]).read_cell(text[:LONGEST])
    return values, left_out


def misfits(schema: Schema, earlier: FieldValues) -> list[str]:
    """What of values that were once entered cannot be shown any more, in sentences."""
    fields = _entered(schema)
    told = [
        _wrong_choice(fields[name], value, "before it was")
        if name in fields
        else f"{name[:200]} is no field of this workflow any more. It was “{str(value)[:200]}”."
        for name, value in earlier.items()
        if not is_blank(value)
    ]
    return list(filter(None, told))


def _entered(schema: Schema) -> dict[str, Field]:
    return {field.name: field for field in schema.fields if field.type != FILE_UPLOAD}


def _is_value(name: str) -> bool:
    return name.startswith(BEFORE_NAMES)


def _wrong_choice(field: Field, value: Any, source: str) -> str:
    """What buttons cannot show. Anything else stands in its input, where the person sees it."""
    kind = type_of(field)
    if not kind.stays_filled_in:
        return ""
    said = kind.objection(field, kind.read_cell(value))
    return f"{field.label} {said}; {source} “{str(value)[:200]}”." if said else ""
