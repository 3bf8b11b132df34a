"""A file of rows as a header and records, whatever it was written with. Bounded in size, rows and columns."""

from dataclasses import dataclass, field
from typing import Any

from .csv_rows import read_csv
from .limits import RowsFileError, check_columns, check_rows
from .xlsx_rows import read_xlsx


@dataclass
class Table:
    """`records` hold a cell a header; cells are text, or what a spreadsheet had."""

    headers: list[str]
    records: list[list[Any]]
    # What was assumed on the way, to be told.
    remarks: list[str] = field(default_factory=list)


def read_table(name: str, data: bytes) -> Table:
    """CSV, TSV or XLSX by the file's content, whatever its name says. Raises RowsFileError."""
    if data.startswith(b"PK\x03\x04"):
        return _table(name, read_xlsx(name, data), [])
    return _table(name, *read_csv(name, data))


def _table(name: str, rows: list[list[Any]], remarks: list[str]) -> Table:
    if len(rows) < 2:
        raise RowsFileError(f"{name} holds no rows.", "The first line names the fields, each line after it is a task.")
    check_rows(name, len(rows) - 1)
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
    check_columns(name, len(headers))
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
