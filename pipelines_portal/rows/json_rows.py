"""Rows in JSON, looked at before they are parsed: a few bytes may make a large object each."""

import json
import re

from pipelines_portal.fields.base import FieldValues

from .limits import RowsFileError, check_columns, check_rows

MAX_VALUES = 400_000
MAX_DEPTH = 64
# Texts as a whole, so that what stands in them does not count.
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{,\]}]', re.DOTALL)
ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(name: str, data: bytes) -> list[FieldValues]:
    """A list of objects, bare or as the API takes them. Raises RowsFileError."""
    _check_structure(name, data)
    try:
        parsed = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RowsFileError(f"{name} is not valid JSON.", "It must be a list of objects, one a task.") from None
    listed = parsed.get("tasks") if isinstance(parsed, dict) else parsed
    if not isinstance(listed, list) or not listed or not all(isinstance(row, dict) for row in listed):
        raise RowsFileError(f"{name} is not a list of objects.", 'For example [{"field_name": "value"}], one a task.')
    check_rows(name, len(listed))
    rows = [_bare(row) for row in listed]
    _check_names(name, rows)
    return rows


def _check_names(name: str, rows: list[FieldValues]) -> None:
    names: set[str] = set()
    for row in rows:
        names |= row.keys()
        check_columns(name, len(names))


def _bare(row: FieldValues) -> FieldValues:
    inner = row.get("fields")
    return inner if isinstance(inner, dict) and len(row) == 1 else row


def _no_constant(constant: str) -> None:
    raise ValueError(constant)


def _check_structure(name: str, data: bytes) -> None:
    """Raises RowsFileError for what is too much, or no text at all. What is no JSON is left to the parser."""
    depth = values = 0
    for found in TOKEN.finditer(data):
        token = found[0][:1]
        if token in b"[{":
            depth += 1
        elif token in b"]}":
            depth -= 1
        values += token in b"[{,"
        if values > MAX_VALUES:
            raise RowsFileError(f"{name} holds more values than can be read here.", "Split it, or save it as CSV.")
        if depth > MAX_DEPTH:
            raise RowsFileError(f"{name} is nested too deeply.", "Rows are objects with a value a field.")
    if _has_half_a_character(data):
        raise RowsFileError(f"{name} holds half a character.", "Look for \\u codes that stand alone.")


def _has_half_a_character(data: bytes) -> bool:
    """A surrogate without its other half: JSON can write it, and nothing else can."""
    if not ESCAPED_HALF.search(data):
        return False
    data = data.replace(rb"\\", b"")  # a backslash itself
    whole = re.sub(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}", b"", data)
    return bool(ESCAPED_HALF.search(whole))
