"""Write tables as CSV or XLSX. A file can be imported again without changes, and no cell of it runs as a formula.

A cell is a text, a number, a time, a boolean or None. Times are those of a clock in the current time zone, lists and
objects are written as JSON.
"""

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.utils import timezone

from pipelines_portal.core.times import wall_clock
from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.csv_cells import safe_cell
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.number_formats import DIGITS

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

BOM = "\ufeff"  # without it, spreadsheets do not recognize UTF-8
# A spreadsheet is complete before its first byte is sent: 100,000 rows of 15 cells take eight seconds of CPU time.
MOST_XLSX_ROWS = 100_000
# The longest text of a cell, in UTF-16 code units.
LONGEST_TEXT = 32_767
# Spreadsheets have no times before this year.
FIRST_YEAR = 1900
TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
# Wide enough for a time, which is shown as "####" in a narrower column.
WIDTH = 20
HALF_CHARACTERS = re.compile("[\ud800-\udfff]")


def csv_lines(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Return the lines of a CSV file, each made when it is read. `read_lines` removes the guards against formulas."""
    return _csv_lines(header, rows, timezone.get_current_timezone())


def _csv_lines(header: Sequence[str], rows: Iterable[Iterable[Any]], zone: tzinfo) -> Iterator[str]:
    # Texts are quoted, so a separator in a text does not end its cell.
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield BOM + writer.writerow(map(safe_cell, header))
    for row in rows:
        yield writer.writerow([_csv_cell(value, zone) for value in row])


class _Echo:
    def write(self, line: str) -> str:
        return line


def _csv_cell(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, datetime):
        return str(wall_clock(value, zone))
    return value if _is_number(value) or value is None else safe_cell(_as_text(value))


def xlsx_file(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> IO[bytes]:
    """Return a temporary file with a spreadsheet. Its rows wait on disk, and only one of them is in memory.

    Raise RowsFileError if there are too many rows, or if a text is too long for a cell.
    """
    out = TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        _write_book(out, header, rows)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def _write_book(out: IO[bytes], header: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    # Most processes never need this memory.
    from xlsxwriter import Workbook

    with TemporaryDirectory() as folder, Workbook(out, {"constant_memory": True, "tmpdir": folder}) as book:
        sheet = book.add_worksheet("Rows")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(header) - 1, WIDTH)
        bold, time_format = book.add_format({"bold": True}), book.add_format({"num_format": TIME_FORMAT})
        for column, title in enumerate(header):
            write_text(sheet, 0, column, title, bold)
        _write_rows(sheet, rows, time_format)


def _write_rows(sheet: "Worksheet", rows: Iterable[Iterable[Any]], time_format: "Format") -> None:
    zone = timezone.get_current_timezone()
    for number, row in enumerate(rows, 1):
        if number > MOST_XLSX_ROWS:
            raise RowsFileError(f"There are more than {MOST_XLSX_ROWS:,} rows.", texts.DOWNLOAD_CSV)
        for column, value in enumerate(row):
            if value is None or value == "":
                continue
            timestamp = wall_clock(value, zone) if isinstance(value, datetime) else None
            if timestamp and timestamp.year >= FIRST_YEAR:
                sheet.write_datetime(number, column, timestamp, time_format)
            elif isinstance(value, bool):
                sheet.write_boolean(number, column, value)
            elif _is_number(value) and _is_stored_exactly(value):
                sheet.write_number(number, column, value)
            else:
                write_text(sheet, number, column, str(timestamp) if timestamp else _as_text(value))


def write_text(sheet: "Worksheet", row: int, column: int, text: str, cell_format: "Format | None" = None) -> None:
    """Write a text, which is never a formula, a link or a number. Raise RowsFileError if it is too long for a cell."""
    if len(text) > LONGEST_TEXT // 2 and len(text.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_TEXT:
        raise RowsFileError("A text is too long for a spreadsheet cell.", texts.DOWNLOAD_CSV)
    text = HALF_CHARACTERS.sub("\ufffd", text)
    if text.startswith("<r>") and text.endswith("</r>"):
        # XlsxWriter would take it for the XML of a text with formats, and write it as it is.
        sheet.write_rich_string(row, column, "<", "r", text[2:], *([cell_format] if cell_format else []))
    else:
        sheet.write_string(row, column, text, cell_format)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    """Return whether it is a number that files can have: neither yes or no, nor infinite."""
    return math.isfinite(value) if isinstance(value, float) else isinstance(value, int) and not isinstance(value, bool)


def _is_stored_exactly(number: float) -> bool:
    """Return whether a spreadsheet stores all digits of the number."""
    if isinstance(number, int):
        return len(str(abs(number))) <= DIGITS
    return float(f"{number:.{DIGITS}g}") == number
