"""Answers that look otherwise than the reference's where it leaves the look open, brought into the documented form.

Only where the meaning is plain. Anything else is handed on as it came, and refused by the models.
"""

import json
import re
from typing import Any

Options = list[tuple[Any, Any]]

_FIELDS = ("fields", "predefined_fields", "input_fields", "schema", "properties", "columns", "inputs")
_NAME, _TITLE = ("name", "key", "field_name"), ("title", "label", "display_name")
_OPTIONS, _LABEL = ("options", "choices", "enum"), ("label", "title", "name", "text")
_MESSAGE = ("message", "detail", "msg", "error", "reason")
_TYPES = {
    "file": "file_upload",
    "dropdown": "select",
    "enum": "select",
    "text": "short_text",
    "string": "short_text",
    "bool": "boolean",
    "number": "numeric",
}


def schema_shape(data: Any) -> Any:
    """Fields under another key, as a mapping by name, as bare names, or as the whole answer."""
    if isinstance(data, list):
        return {"fields": [_field_as_object(entry) for entry in data]}
    if not isinstance(data, dict):
        return data
    data = {name: value for name, value in data.items() if value is not None}
    key = next((key for key in _FIELDS if isinstance(data.get(key), list | dict)), None)
    if key is None:
        return data
    inner = data[key]
    if key == "schema" and isinstance(inner, dict) and any(name in inner for name in ("fields", "properties")):
        return data | schema_shape(inner)
    return data | {"fields": _listed(inner, data.get("required"))}


def _listed(fields: Any, required: Any) -> list[Any]:
    if isinstance(fields, list):
        return [_field_as_object(entry) for entry in fields]
    needed = required if isinstance(required, list) else []
    return [_named(name, told, name in needed) for name, told in fields.items()]


def _named(name: str, told: Any, required: bool) -> Any:
    """A field out of a mapping: its name is the key, what stands there is its type or all the rest."""
    if isinstance(told, str):
        return {"name": name, "type": told, "required": required}
    return {"required": required} | told | {"name": name} if isinstance(told, dict) else {"name": name, "type": told}


def _field_as_object(entry: Any) -> Any:
    return {"name": entry} if isinstance(entry, str) else entry


def field_shape(data: Any) -> Any:
    """A field under the documented keys; no `type` and options to choose from make it a select."""
    if not isinstance(data, dict):
        return data
    hint = data.get("format_hint")
    options = options_in(_first(data, _OPTIONS)) or options_in(hint if isinstance(hint, list | dict) else None)
    type_ = _type(data.get("type"), hint, has_options=bool(options))
    return {
        "name": _first(data, _NAME),
        "title": _first(data, _TITLE) or "",
        "type": type_,
        "required": data.get("required") or False,
        "format_hint": _scalar_text(hint),
        "options": [value for value, _ in options] if options else None,
        "option_labels": dict(options or []),
    }


def _type(told: Any, hint: Any, *, has_options: bool) -> Any:
    if not isinstance(told, str) or not told.strip():
        return told if told else ("select" if has_options or _lists_options(hint) else "short_text")
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s-]+", "_", told.strip()).lower()
    return _TYPES.get(spelled, spelled)


def _lists_options(hint: Any) -> bool:
    return isinstance(hint, str) and (hint.lstrip().startswith("One of:") or bool(options_in(_parsed(hint))))


def _parsed(hint: str) -> Any:
    try:
        return json.loads(hint)
    except (ValueError, RecursionError):
        return None


def options_in(told: Any) -> Options | None:
    """(what to send, what people see) pairs; None when one of them does not say plainly what to send."""
    entries = list(told.items()) if isinstance(told, dict) else told
    if not isinstance(entries, list) or not entries:
        return None
    pairs = [_option(entry) for entry in entries]
    return None if any(pair is None for pair in pairs) else [pair for pair in pairs if pair]


def _option(entry: Any) -> tuple[str, str] | None:
    value, label = entry, entry
    if isinstance(entry, tuple):
        value, label = entry
    elif isinstance(entry, dict):
        label = _first(entry, _LABEL)
        value = entry.get("value", None if "id" in entry else label)
    sent, seen = _scalar_text(value), _scalar_text(label)
    return (sent, seen or sent) if sent else None


def _scalar_text(value: Any) -> str | None:
    """Text as it is, numbers and yes or no as JSON writes them."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else None


def _first(data: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((data[key] for key in keys if data.get(key) is not None), None)


def row_error_shape(data: Any) -> Any:
    """An error of a row whose message has another key."""
    return data | {"message": _first(data, _MESSAGE)} if isinstance(data, dict) and "message" not in data else data


def reason_in(data: Any) -> str:
    """Why the API refused: its `message`, or what other programs say in that place; "" when it gives no reason."""
    if isinstance(data, str):
        return data.strip()
    if isinstance(data, list):
        return "; ".join(filter(None, (_located(entry) for entry in data)))
    if not isinstance(data, dict):
        return ""
    return next((reason for key in _MESSAGE if (reason := reason_in(data.get(key)))), "")


def _located(entry: Any) -> str:
    """`{"loc": ["body", "tasks", 0], "msg": …}` as `tasks.0: …`."""
    reason = reason_in(entry) if not isinstance(entry, list) else ""
    place = entry.get("loc") if isinstance(entry, dict) else None
    path = ".".join(str(step) for step in place if step != "body") if isinstance(place, list) else ""
    return f"{path}: {reason}" if path and reason else reason
