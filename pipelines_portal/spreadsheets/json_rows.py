"""Read rows in JSON. The bytes are checked before they are parsed, because few bytes can make large objects."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import IO, Any

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.cells import Cell, Line, typed
from pipelines_portal.spreadsheets.files import ReadingResult
from pipelines_portal.spreadsheets.limits import Bounds, RowsFileError, too_many_columns, too_many_rows

MAX_DEPTH = 64
# The beginning of a JSON file, valid or not, but not of a CSV header in brackets.
BEGINNING = re.compile(r"\s*(?:\[\s*(?:[\[{\]\"\d-]|true|false|null|NaN|\Z)|\{\s*(?:[\"}]|\Z))")
# Texts, whose contents are not counted.
TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
# As many complete texts as possible, with what is between them.
WHOLE = re.compile(rb'(?:[^"]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
PIECE = 256 * 1024
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
Row = dict[str, Any]
dumped = json.JSONEncoder(ensure_ascii=False).encode


def is_json(start: bytes) -> bool:
    """Return whether a file with this beginning is JSON."""
    is_utf16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = start.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")
    return bool(BEGINNING.match(text))


def read_json(name: str, file: IO[bytes], bounds: Bounds) -> tuple[ReadingResult, Iterator[Line]]:
    """Read a list of objects, plain or as the API takes them, or one object per line. Line 0 has their names."""
    data = file.read()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", errors="replace").encode()
    _check_structure(name, data, bounds)
    kind, rows = _parsed(name, data.removeprefix(b"\xef\xbb\xbf"))
    if len(rows) > bounds.rows:
        raise too_many_rows(name, bounds.rows)
    names = _names(name, rows, bounds)
    return ReadingResult(kind, encoding="utf-8"), _lines(names, rows)


def _lines(names: list[str], rows: list[Row]) -> Iterator[Line]:
    yield 0, [*names]
    for number, row in enumerate(rows, 1):
        yield number, [_cell(row[name]) if name in row else "" for name in names]


def _cell(value: Any) -> Cell:
    """Return the cell of a value. Null is an empty cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return typed(str(value) if type(value) is int else dumped(value), value)


def _parsed(name: str, data: bytes) -> tuple[str, list[Row]]:
    try:
        text = data.decode()
        if (lines := _json_lines(text)) is not None:
            return "jsonl", [_bare(row) for row in lines]
        parsed = _loads(text)
    except (ValueError, RecursionError):
        raise RowsFileError(f"{name} isn’t valid JSON.", "It must be a list of objects, one per task.") from None
    listed = parsed.get("tasks") if isinstance(parsed, dict) else parsed
    if not isinstance(listed, list) or not listed or not all(isinstance(row, dict) for row in listed):
        raise RowsFileError(
            f"{name} isn’t a list of objects.", 'For example [{"field_name": "value"}], one object per task.'
        )
    return "json", [_bare(row) for row in listed]


def _json_lines(text: str) -> list[Row] | None:
    """Return the objects of a file with one object per line, or None for another file."""
    first = text.lstrip().split("\n", 1)[0]
    if not first.startswith("{"):
        return None
    try:
        row = _loads(first)
    except ValueError:
        return None
    if not row or isinstance(row.get("tasks"), list):
        return None
    rows = [_loads(line) for line in text.split("\n") if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("not an object")
    return rows


def _loads(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_float)


def _float(written: str) -> float | str:
    """Return the number, or its text if it is too large."""
    return number if math.isfinite(number := float(written)) else written


def _refuse_constant(constant: str) -> None:
    raise ValueError(constant)


def _names(name: str, rows: Iterable[Row], bounds: Bounds) -> list[str]:
    names: dict[str, None] = {}
    for row in rows:
        names |= dict.fromkeys(row)
        if len(names) > bounds.columns:
            raise too_many_columns(name, bounds.columns)
    return list(names)


def _bare(row: Row) -> Row:
    inner = row.get("fields")
    return inner if isinstance(inner, dict) and len(row) == 1 else row


def _check_structure(name: str, data: bytes, bounds: Bounds) -> None:
    """Raise RowsFileError for too many values, too deep nesting, or broken text. The parser reports other faults."""
    values, brackets = 0, b""
    for bare in _without_texts(data):
        values += bare.count(b",") + bare.count(b"[") + bare.count(b"{")
        brackets += bare.translate(None, NO_BRACKETS)
        if values > bounds.values:
            raise RowsFileError(f"{name} has too many values.", texts.SPLIT_OR_CSV)
    if _depth(brackets) > MAX_DEPTH:
        raise RowsFileError(f"{name} is nested too deeply.", "Use objects with a value for each field.")
    if _has_half_a_character(data):
        raise RowsFileError(f"{name} has an incomplete character.", "Look for incomplete \\u codes.")


def _without_texts(data: bytes) -> Iterator[bytes]:
    """Yield the bytes outside of texts, piece by piece."""
    at, size = 0, PIECE
    while at < len(data):
        found = WHOLE.match(data, at, at + size)
        if found and found.end() > at:
            yield TEXT.sub(b"", found[0])
            at, size = found.end(), PIECE
        elif at + size >= len(data):
            return  # a text without an end
        else:
            size *= 2


def _depth(brackets: bytes) -> int:
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)


def _has_half_a_character(data: bytes) -> bool:
    """Return whether there is a lone surrogate, which only JSON can express."""
    if not ESCAPED_HALF.search(data):
        return False
    data = data.replace(rb"\\", b"")  # a backslash itself
    whole = re.sub(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}", b"", data)
    return bool(ESCAPED_HALF.search(whole))
