"""Rows out of a file, as field values under the fields' own names."""

import json
from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.api_client import Field, Schema

from .json_limits import check_structure
from .problems import RowsFileError
from .tables import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, read_table
from .values import typed

Fields = dict[str, Any]


@dataclass
class GivenRows:
    rows: list[Fields]
    remarks: list[str] = field(default_factory=list)


def read_rows(name: str, data: bytes, schema: Schema) -> GivenRows:
    """CSV, TSV, XLSX or JSON. Titles in the place of names are taken for the fields they head. Raises RowsFileError."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _renamed(GivenRows(_json_rows(name, data)), schema)
    table = read_table(name, data)
    rows = [_record(table.headers, cells) for cells in table.records]
    given = _renamed(GivenRows(rows, table.remarks), schema)
    fields = {known.name: known for known in schema.fields}
    given.rows = [{key: _typed(fields.get(key), value) for key, value in row.items()} for row in given.rows]
    return given


def _record(headers: list[str], cells: list[Any]) -> Fields:
    """An empty cell is no value at all."""
    return {header: cell for header, cell in zip(headers, cells, strict=True) if cell is not None and cell != ""}


def _typed(known: Field | None, value: Any) -> Any:
    return typed(known, value) if known else value


def _json_rows(name: str, data: bytes) -> list[Fields]:
    """A list of objects, bare or as the API takes them."""
    if len(data) > MAX_BYTES:
        raise RowsFileError(f"{name} is larger than {MAX_BYTES // 1024**2} MB.", "Split it, or upload fewer rows.")
    check_structure(name, data)
    try:
        parsed = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RowsFileError(f"{name} is not valid JSON.", "It must be a list of objects, one a task.") from None
    listed = parsed.get("tasks") if isinstance(parsed, dict) else parsed
    if not isinstance(listed, list) or not listed or not all(isinstance(row, dict) for row in listed):
        raise RowsFileError(f"{name} is not a list of objects.", 'For example [{"field_name": "value"}], one a task.')
    if len(listed) > MAX_ROWS:
        raise RowsFileError(f"{name} holds more than {MAX_ROWS:,} rows.", "That is the most for one upload: split it.")
    rows = [_bare(row) for row in listed]
    _check_names(name, rows)
    return rows


def _check_names(name: str, rows: list[Fields]) -> None:
    names: set[str] = set()
    for row in rows:
        names |= row.keys()
        if len(names) > MAX_COLUMNS:
            raise RowsFileError(f"{name} has more than {MAX_COLUMNS} columns.", "Leave out those that are no fields.")


def _bare(row: Fields) -> Fields:
    inner = row.get("fields")
    return inner if isinstance(inner, dict) and len(row) == 1 else row


def _no_constant(constant: str) -> None:
    raise ValueError(constant)


def _renamed(given: GivenRows, schema: Schema) -> GivenRows:
    """Titles replaced by names where no field is called so, and exactly one has that title."""
    names = {known.name for known in schema.fields}
    used = dict.fromkeys(key for row in given.rows for key in row)
    renamed = {key: name for key in used if key not in names and (name := _name_for(key, schema)) and name not in used}
    for title, name in renamed.items():
        given.remarks.append(f"The column “{title}” is a field's title: it was taken for the field {name}.")
    given.rows = [{renamed.get(key, key): value for key, value in row.items()} for row in given.rows]
    return given


def _name_for(title: str, schema: Schema) -> str:
    wanted = title.strip().casefold()
    names = [known.name for known in schema.fields if wanted in (known.title.casefold(), known.name.casefold())]
    return names[0] if len(names) == 1 else ""
