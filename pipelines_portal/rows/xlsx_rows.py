"""The first sheet of an XLSX file."""

import io
import zipfile
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from .limits import MAX_COLUMNS, MAX_LINES, MAX_ROWS, RowsFileError
from .xlsx_limits import TooMuch, check_parts


def read_xlsx(name: str, data: bytes) -> list[list[Any]]:
    """Rows of cells; of a formula, the value it had when the file was saved. Raises RowsFileError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            faults = check_parts(archive)
        return _filled_rows(data, faults)
    except TooMuch as too_much:
        advice = "Delete what is no row, also empty rows and columns that are only formatted; or save it as CSV."
        raise RowsFileError(f"{name} {too_much}.", advice) from None
    except Exception:  # zipfile, expat and openpyxl raise whatever the fault led to
        raise RowsFileError(f"{name} cannot be read as a spreadsheet.", "Save it as XLSX or CSV again.") from None


def _filled_rows(data: bytes, faults: dict[str, str]) -> list[list[Any]]:
    workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheet = workbook.worksheets[0]
    if fault := faults.get(sheet._worksheet_path):  # type: ignore[attr-defined]
        raise TooMuch(fault)
    cells = sheet.iter_rows(max_row=MAX_LINES, max_col=MAX_COLUMNS, values_only=True)
    rows = ([_value(cell) for cell in row] for row in cells)
    filled = (row for row in rows if any(cell not in (None, "") for cell in row))
    return list(islice(filled, MAX_ROWS + 2))


def _value(cell: Any) -> Any:
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell
