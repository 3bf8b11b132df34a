"""Rows out of a file, as field values under the fields' own names."""

from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.fields.types import type_of

from .json_rows import read_json
from .limits import check_size
from .tables import read_table


@dataclass
class RowsRead:
    rows: list[FieldValues]
    remarks: list[str] = field(default_factory=list)


def read_rows(name: str, data: bytes, schema: Schema) -> RowsRead:
    """CSV, TSV, XLSX or JSON. Titles in the place of names are taken for the fields they head. Raises RowsFileError."""
    check_size(name, data)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _renamed(RowsRead(read_json(name, data)), schema)
    table = read_table(name, data)
    rows = [_record(table.headers, cells) for cells in table.records]
    given = _renamed(RowsRead(rows, table.remarks), schema)
    fields = {known.name: known for known in schema.fields}
    given.rows = [{key: _read(fields.get(key), value) for key, value in row.items()} for row in given.rows]
    return given


def _record(headers: list[str], cells: list[Any]) -> FieldValues:
    """An empty cell is no value at all."""
    return {header: cell for header, cell in zip(headers, cells, strict=True) if cell is not None and cell != ""}


def _read(known: Field | None, value: Any) -> Any:
    return type_of(known).read_cell(value) if known else value


def _renamed(given: RowsRead, schema: Schema) -> RowsRead:
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
