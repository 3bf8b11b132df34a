"""Write rows as files that can be imported again without changes."""

import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from pipelines_portal.core.csv_files import csv_lines as web_csv_lines
from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.number_formats import DIGITS

# The longest text of a cell, in UTF-16 code units.
LONGEST_TEXT = 32_767
# Characters that XML forbids or changes, and texts that look like the code of one.
TO_CODE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
# openpyxl would read texts that begin with these as formulas or errors.
MAY_BE_MORE = ("=", "#")


def csv_lines(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield CSV line by line. Cells are protected against formulas; `read_lines` removes the protection."""
    return web_csv_lines([_finite(value) for value in row] for row in _chained(header, rows))


def xlsx_bytes(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Return a spreadsheet without formulas. Raise RowsFileError for a text that is too long for a cell."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Rows")
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    try:
        for row in _chained(header, rows):
            sheet.append([_xlsx_cell(sheet, value) for value in row])
    finally:
        book.save(out)  # always, because it removes openpyxl's temporary file
    return out.getvalue()


def json_bytes(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Return a list of objects with all names of the header, which must be unique."""
    if len(set(header)) < len(header):
        raise ValueError("a name is repeated")
    listed = (json.dumps(_named(header, row), ensure_ascii=False, allow_nan=False) for row in rows)
    return ("[\n" + ",\n".join(listed) + "\n]\n").encode()


def coded(text: str) -> str:
    """Return the text for the XML of a spreadsheet: forbidden characters become codes such as `_x0007_`."""
    return TO_CODE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _chained(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[Iterable[Any]]:
    yield header
    yield from rows


def _named(header: Sequence[str], row: Iterable[Any]) -> dict[str, Any]:
    values = [_finite(value) for value in row]
    return {name: values[place] if place < len(values) else None for place, name in enumerate(header)}


def _finite(value: Any) -> Any:
    """Return the value, or the name of a number that is not finite."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _xlsx_cell(sheet: WriteOnlyWorksheet, value: Any) -> Any:
    if value is None or isinstance(value, bool) or (isinstance(value, (int, float)) and _is_stored_exactly(value)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_TEXT:
        raise RowsFileError(texts.CELL_TOO_LONG, texts.DOWNLOAD_CSV)
    if not text.startswith(MAY_BE_MORE):
        return coded(text)
    cell = WriteOnlyCell(sheet, coded(text))
    cell.data_type = "s"
    return cell


def _is_stored_exactly(number: float) -> bool:
    """Return whether a spreadsheet stores all digits of the number."""
    if isinstance(number, int):
        return len(str(abs(number))) <= DIGITS
    return bool(math.isfinite(number) and float(f"{number:.{DIGITS}g}") == number)
