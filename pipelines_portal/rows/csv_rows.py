"""Lines of separated cells: CSV and whatever else spreadsheets save as text."""

import csv
import io
import re
from collections.abc import Iterator

from .limits import MAX_CELL, MAX_LINES, MAX_ROWS, RowsFileError

# In one row, those inside of quoted cells counted.
MAX_SEPARATORS = 100_000
DELIMITERS = (",", ";", "\t", "|")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
csv.field_size_limit(MAX_CELL)


def read_csv(name: str, data: bytes) -> tuple[list[list[str]], list[str]]:
    """Rows of cells, and what was assumed on the way, to be told. Raises RowsFileError."""
    text, remarks = _decoded(name, data)
    return _split(name, text), remarks


def _decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _utf16(name, data), []
    if b"\0" in data:
        raise RowsFileError(f"{name} is not a text or spreadsheet file.", "Save it as CSV or XLSX.")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        remark = f"{name} is not UTF-8: it was read as Windows-1252. Look whether letters such as é are right."
        return data.decode("cp1252", errors="replace"), [remark]


def _utf16(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-16")
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
