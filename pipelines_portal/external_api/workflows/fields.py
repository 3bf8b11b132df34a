"""What a workflow's fields say of themselves."""

from typing import Any

from pipelines_portal.external_api.workflows.field_types import FILE_UPLOAD, Field, field_type


def file_fields(fields: list[Field]) -> list[str]:
    """The names of those that take a file."""
    return [field["name"] for field in fields if field["type"] == FILE_UPLOAD]


def has_file_fields(fields: list[Field]) -> bool:
    return bool(file_fields(fields))


def has_only_file_fields(fields: list[Field]) -> bool:
    return bool(fields) and len(file_fields(fields)) == len(fields)


def described(field: Field) -> dict[str, Any]:
    """The field as the schema endpoint shows it; `help` speaks where the type has no hint of its own."""
    kind = field_type(field["type"])
    shown = {name: field.get(name) for name in ("name", "title", "type")}
    shown |= {"required": field.get("required", True), "format_hint": kind.hint(field) or field.get("help")}
    if kind.has_options:
        shown["options"] = field.get("options") or []
    return shown
