"""What a workflow's fields say of themselves."""

from typing import Any

Field = dict[str, Any]
FILE_UPLOAD = "file_upload"

FIXED_HINTS = {
    "boolean": "true or false",
    "datetime": "ISO 8601 date-time, e.g. 2026-03-30T12:00:00Z",
    FILE_UPLOAD: "File path inside the ZIP, relative to its root",
}


def has_file_fields(fields: list[Field]) -> bool:
    return any(field["type"] == FILE_UPLOAD for field in fields)


def has_only_file_fields(fields: list[Field]) -> bool:
    return bool(fields) and all(field["type"] == FILE_UPLOAD for field in fields)


def described(field: Field) -> dict[str, Any]:
    """The field as the schema endpoint shows it."""
    shown = {name: field.get(name) for name in ("name", "title", "type")}
    shown |= {"required": field.get("required", True), "format_hint": format_hint(field)}
    if field["type"] == "select":
        shown["options"] = field.get("options") or []
    return shown


def format_hint(field: Field) -> str | None:
    """The text that tells callers what to send; `help` speaks where the type has no rule of its own."""
    kind = field["type"]
    if kind == "select":
        return "One of: " + ", ".join(field.get("options") or [])
    if kind == "numeric":
        return range_text("Number", field) or field.get("help")
    if kind == "rating":
        return range_text("Integer", field, "from", "to") or field.get("help")
    return FIXED_HINTS.get(kind) or field.get("help")


def range_text(noun: str, field: Field, between: str = "between", joint: str = "and") -> str | None:
    low, high = field.get("min"), field.get("max")
    if low is not None and high is not None:
        return f"{noun} {between} {low} {joint} {high}"
    if low is not None:
        return f"{noun}, at least {low}"
    return None if high is None else f"{noun}, at most {high}"
