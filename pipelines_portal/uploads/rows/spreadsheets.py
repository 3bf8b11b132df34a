"""The first sheet of an XLSX file."""

import io
import zipfile
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from .problems import RowsFileError

# An XLSX file is a ZIP of XML, and may be a bomb as well as any.
MAX_UNPACKED = 256 * 1024 * 1024


def read_spreadsheet(name: str, data: bytes, max_rows: int, max_columns: int) -> list[list[Any]]:
    """Rows of cells; of a formula, the value it had when the file was saved. Raises RowsFileError."""
    _refuse_bomb(name, data)
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        cells = workbook.worksheets[0].iter_rows(max_col=max_columns + 1, values_only=True)
        rows = ([_value(cell) for cell in row] for row in cells)
        filled = (row for row in rows if any(cell not in (None, "") for cell in row))
        return list(islice(filled, max_rows + 2))
    except Exception:  # openpyxl raises whatever the XML at fault led to
        raise RowsFileError(f"{name} cannot be read as a spreadsheet.", "Save it as XLSX or CSV again.") from None


def _refuse_bomb(name: str, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise RowsFileError(f"{name} cannot be read as a spreadsheet.", "Save it as XLSX or CSV again.") from None
    if size > MAX_UNPACKED:
        raise RowsFileError(f"{name} unpacks to more than {MAX_UNPACKED // 1024**2} MB.", "Save it as CSV.")


def _value(cell: Any) -> Any:
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell
