"""Read rows from a file: as lines of cells, or as field values."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core.file_names import in_sentence
from pipelines_portal.core.time_budget import TimeBudget, within
from pipelines_portal.spreadsheets.blocks import LINES, lines_in
from pipelines_portal.spreadsheets.cells import Cell, Line, text_of, value_for, value_of
from pipelines_portal.spreadsheets.child_process import Reading
from pipelines_portal.spreadsheets.files import Asked, Found, Sheet
from pipelines_portal.spreadsheets.headers import likely_header
from pipelines_portal.spreadsheets.limits import (
    MAX_ROWS,
    WITH_AN_ARCHIVE,
    Bounds,
    RowsFileError,
    too_large,
    too_many_rows,
)
from pipelines_portal.spreadsheets.numbers import number_text, suggest_decimal
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.fields.types import type_of

__all__ = ["Asked", "Bounds", "Found", "RowsRead", "Sheet", "likely_header", "lines_in", "read_lines", "read_rows"]

NUMBERS = ("numeric", "rating")
COMMA = "Numbers are read with a decimal comma, as the file writes them: 1,5 is one and a half."


@dataclass
class RowsRead:
    """The field values of the rows, and remarks about how they were read."""

    rows: list[FieldValues]
    remarks: list[str] = field(default_factory=list)


def read_lines(name: str, data: bytes | Path, asked: Asked, bounds: Bounds) -> Reading:
    """Return the reading of a file by a child process. Raise RowsFileError if it is too large.

    It yields as many lines as `bounds` allow rows, and some more for titles and headers.
    """
    name = in_sentence(name)
    size = data.stat().st_size if isinstance(data, Path) else len(data)
    if size > bounds.bytes:
        raise too_large(name, bounds.bytes)
    return Reading(name, data, asked, bounds)


def read_rows(name: str, data: bytes, schema: Schema, budget: TimeBudget | None = None) -> RowsRead:
    """Read the rows for an archive, whose first line names the fields. Raise RowsFileError or OutOfTime.

    Titles are accepted instead of names.
    """
    budget = budget or TimeBudget()
    lines, found = _lines(name, data, budget)
    is_typed = found.kind.startswith("json")
    records = _records(in_sentence(name), lines, is_typed)
    names = _names(records, schema)
    fields = {known.name: known for known in schema.fields}
    columns = {header: fields.get(name) for header, name in names.items()}
    decimal = "" if is_typed else _decimal(records, columns)
    rows = [
        {names[header]: _read(columns[header], cell, is_typed, decimal) for header, cell in record.items()}
        for part in within(budget, _parts(records))
        for record in part
    ]
    taken = [_title_remark(title, name) for title, name in names.items() if title != name]
    return RowsRead(rows, found.remarks + taken + ([COMMA] if decimal == "," else []))


def _lines(name: str, data: bytes, budget: TimeBudget) -> tuple[list[Line], Found]:
    reading = read_lines(name, data, Asked(), WITH_AN_ARCHIVE)
    reading.silence = min(reading.silence, budget.seconds)
    try:
        with reading:
            lines = [line for block in within(budget, reading.blocks) for line in lines_in(block)]
    except RowsFileError:
        budget.check()  # the reader may have been stopped because the page ran out of time
        raise
    return lines, reading.found


def _parts(records: list[dict[str, Cell]]) -> list[list[dict[str, Cell]]]:
    return [records[start : start + LINES] for start in range(0, len(records), LINES)]


def _decimal(records: list[dict[str, Cell]], columns: dict[str, Field | None]) -> str:
    """Return the decimal mark that the numbers of the file show."""
    numeric = {header for header, known in columns.items() if known and known.type in NUMBERS}
    cells = (cell for record in records for header, cell in record.items() if header in numeric)
    return suggest_decimal(cell for cell in cells if isinstance(cell, str))


def _records(name: str, lines: list[Line], is_typed: bool) -> list[dict[str, Cell]]:
    """Return the rows as cells by their headers."""
    if len(lines) < 2:
        raise RowsFileError(f"{name} holds no rows.", "The first line names the fields, each line after it is a task.")
    if len(lines) - 1 > MAX_ROWS:
        raise too_many_rows(name, MAX_ROWS)
    headers = [text_of(cell) for cell in lines[0][1]] if is_typed else _headers(name, lines[0][1])
    too_long = next((place for place, (_, cells) in enumerate(lines[1:], 1) if len(cells) > len(headers)), None)
    if too_long:
        raise RowsFileError(
            f"Row {too_long} of {name} has more cells than the first line has names.",
            "Put values that hold the separator in quotes.",
        )
    return [_record(headers, cells) for _, cells in lines[1:]]


def _record(headers: list[str], cells: list[Cell]) -> dict[str, Cell]:
    """Return the cells by their headers, without empty cells and formulas without a value."""
    return {header: cell for header, cell in zip(headers, cells, strict=False) if value_of(cell) != ""}


def _headers(name: str, cells: list[Cell]) -> list[str]:
    headers = [text_of(cell).strip() for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    if "" in headers:
        raise RowsFileError(f"Column {headers.index('') + 1} of {name} has no name.", "Name it after its field.")
    repeated = [header for header in headers if headers.count(header) > 1]
    if repeated:
        raise RowsFileError(
            f"{name} has two columns called {in_sentence(repeated[0])}.", "Remove or rename one of them."
        )
    return headers


def _read(known: Field | None, cell: Cell, is_typed: bool, decimal: str) -> Any:
    """Return the value of a cell for a field. Values of JSON stay as they are."""
    if is_typed or known is None:
        return value_of(cell)
    if decimal == "," and known.type in NUMBERS and isinstance(cell, str):
        cell = number_text(cell, decimal)
    return type_of(known).read_cell(value_for(cell, known))


def _names(records: list[dict[str, Cell]], schema: Schema) -> dict[str, str]:
    """Return the field name for each header: of the field with that name, or else of the only one with that title."""
    names = {known.name for known in schema.fields}
    used = dict.fromkeys(header for record in records for header in record)
    return {
        header: found if header not in names and (found := _name_for(header, schema)) and found not in used else header
        for header in used
    }


def _title_remark(title: str, name: str) -> str:
    return f"The column “{in_sentence(title)}” is a field's title: it was taken for the field {in_sentence(name)}."


def _name_for(title: str, schema: Schema) -> str:
    wanted = title.strip().casefold()
    names = [known.name for known in schema.fields if wanted in (known.title.casefold(), known.name.casefold())]
    return names[0] if len(names) == 1 else ""
