"""A file of rows as a header and records, whatever it was written with. Bounded in size, rows and columns."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import RowsFileError
from .spreadsheets import read_spreadsheet

MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 300
# Rows, empty ones counted.
MAX_LINES = 20_000
MAX_CELL = 1024 * 1024
# In one row, those inside of quoted cells counted.
MAX_SEPARATORS = 100_000
DELIMITERS = (",", ";", "\t", "|")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
csv.field_size_limit(MAX_CELL)


@dataclass
class Table:
    """`records` hold a cell a header; cells are text, or what a spreadsheet or JSON had."""

    headers: list[str]
    records: list[list[Any]]
    # What was assumed on the way, to be told.
    remarks: list[str] = field(default_factory=list)


def read_table(name: str, data: bytes) -> Table:
    """CSV, TSV or XLSX by the file's content, whatever its name says. Raises RowsFileError."""
    if len(data) > MAX_BYTES:
        raise RowsFileError(f"{name} is larger than {MAX_BYTES // 1024**2} MB.", "Split it, or upload fewer rows.")
    if data.startswith(b"PK\x03\x04"):
        return _table(name, read_spreadsheet(name, data, MAX_ROWS, MAX_COLUMNS), [])
    text, remarks = _decoded(name, data)
    return _table(name, _split(name, text), remarks)


def _decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(name, data, "utf-16"), []
    if b"\0" in data:
        raise RowsFileError(f"{name} is not a text or spreadsheet file.", "Save it as CSV or XLSX.")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        remark = f"{name} is not UTF-8: it was read as Windows-1252. Look whether letters such as é are right."
        return data.decode("cp1252", errors="replace"), [remark]


def _strictly(name: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise RowsFileError(f"{name} is damaged: it says it is UTF-16 and is not.", "Save it as UTF-8.") from None


def _split(name: str, text: str) -> list[list[str]]:
    delimiter = _delimiter(text)
    counted = _Lines(name, text, delimiter)
    lines = csv.reader(counted, delimiter=delimiter, strict=False)
    rows: list[list[str]] = []
    read = 0
    try:
        for cells in lines:
            counted.separators = 0
            if any(cell.strip() for cell in cells):
                rows.append(cells)
            if len(rows) > MAX_ROWS + 1:
                break
            if (read := read + 1) > MAX_LINES:
                raise RowsFileError(f"{name} has more than {MAX_LINES:,} lines.", "Delete the empty ones.")
    except csv.Error:
        raise RowsFileError(
            f"{name} cannot be read from line {lines.line_num} on.", "Look for a stray quote."
        ) from None
    return rows


class _Lines:
    """The text line by line, with the separators of one record bounded: every one of them makes a cell."""

    def __init__(self, name: str, text: str, delimiter: str) -> None:
        self.name, self.delimiter = name, delimiter
        self.separators = 0
        self.lines = (found[0] for found in LINE.finditer(text) if found[0])

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.separators += line.count(self.delimiter)
        if self.separators > MAX_SEPARATORS:
            advice = "Look for a stray quote, or another separator than the first line's."
            raise RowsFileError(f"{self.name} has a row with more separators than it can have columns.", advice)
        return line


def _delimiter(text: str) -> str:
    """The one that splits the first line into most cells; a comma when none does."""
    first = io.StringIO(text[: MAX_CELL // 4].lstrip(), newline="")
    line = first.readline()
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([line], delimiter=delimiter), [])))


def _table(name: str, rows: list[list[Any]], remarks: list[str]) -> Table:
    if len(rows) < 2:
        raise RowsFileError(f"{name} holds no rows.", "The first line names the fields, each line after it is a task.")
    if len(rows) > MAX_ROWS + 1:
        raise RowsFileError(f"{name} holds more than {MAX_ROWS:,} rows.", "That is the most for one upload: split it.")
    headers = _headers(name, rows[0])
    too_long = next((number for number, row in enumerate(rows[1:], 1) if _filled(row) > len(headers)), None)
    if too_long:
        raise RowsFileError(
            f"Row {too_long} of {name} has more cells than the first line has names.",
            "Put values that hold the separator in quotes.",
        )
    records = [(row + [""] * len(headers))[: len(headers)] for row in rows[1:]]
    return Table(headers, records, remarks)


def _headers(name: str, cells: list[Any]) -> list[str]:
    headers = [str(cell if cell is not None else "").strip() for cell in cells[: _filled(cells)]]
    if len(headers) > MAX_COLUMNS:
        raise RowsFileError(f"{name} has more than {MAX_COLUMNS} columns.", "Leave out those that are no fields.")
    if "" in headers:
        raise RowsFileError(f"Column {headers.index('') + 1} of {name} has no name.", "Name it after its field.")
    doubles = [header for header in headers if headers.count(header) > 1]
    if doubles:
        raise RowsFileError(f"{name} has two columns called {doubles[0]}.", "Remove or rename one of them.")
    return headers


def _filled(cells: list[Any]) -> int:
    """Up to the last cell that holds something."""
    return max(
        (number for number, cell in enumerate(cells, 1) if str(cell if cell is not None else "").strip()), default=0
    )
