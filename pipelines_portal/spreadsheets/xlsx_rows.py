"""Read a sheet of an XLSX file row by row."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from xml.etree.ElementTree import ParseError

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.cells import Line
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult
from pipelines_portal.spreadsheets.limits import Bounds, RowsFileError
from pipelines_portal.spreadsheets.xlsx_book import Book, read_book
from pipelines_portal.spreadsheets.xlsx_parts import Damaged, Parts, TooMuch
from pipelines_portal.spreadsheets.xlsx_sheet import SheetReader

# Errors that a broken file may cause in zipfile, in expat, and here.
READING_ERRORS = (
    Damaged, ParseError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, ValueError, LookupError,
    ArithmeticError, EOFError, OSError, RuntimeError,
)  # fmt: skip


def read_xlsx(
    name: str, file: IO[bytes], options: ReadingOptions, bounds: Bounds
) -> tuple[ReadingResult, Iterator[Line]]:
    """Return what is known of the file, and the lines of the chosen sheet or of the first visible one."""
    with _as_rows_file_error(name):
        parts = Parts(file, bounds)
        _check_kind(name, parts)
        book = read_book(parts)
        at = _chosen(name, book, options)
        sheet = SheetReader(parts, book, at)
    found = ReadingResult("xlsx", sheet=book.sheets[at]["name"], sheets=book.sheets)
    return found, _lines(name, sheet, found)


def _lines(name: str, sheet: SheetReader, found: ReadingResult) -> Iterator[Line]:
    with _as_rows_file_error(name):
        yield from sheet.lines()
    found.hidden_rows = sheet.hidden
    found.remarks += sheet.remarks()


@contextmanager
def _as_rows_file_error(name: str) -> Iterator[None]:
    """Turn the errors of a broken file into a RowsFileError."""
    try:
        yield
    except TooMuch as too_much:
        raise RowsFileError(too_much.text_for(name), "Delete unused rows and columns, or save it as CSV.") from None
    except READING_ERRORS:
        raise RowsFileError(f"{name} can’t be read as a spreadsheet.", texts.SAVE_AGAIN) from None


def _check_kind(name: str, parts: Parts) -> None:
    if "xl/workbook.bin" in parts:
        raise RowsFileError(f"{name} is a binary spreadsheet (.xlsb).", texts.SAVE_AS_XLSX_OR_CSV)
    if "content.xml" in parts:
        raise RowsFileError(f"{name} is an OpenDocument file.", texts.SAVE_AS_XLSX_OR_CSV)
    if any(known.startswith("index/") for known in parts.names):
        raise RowsFileError(f"{name} is a Numbers file.", "Export it as Excel or CSV.")


def _chosen(name: str, book: Book, options: ReadingOptions) -> int:
    names = [sheet["name"] for sheet in book.sheets]
    if options.sheet:
        if options.sheet not in names:
            raise RowsFileError(f"{name} has no sheet called {options.sheet}.", "Select another sheet.")
        return names.index(options.sheet)
    if not names:
        raise RowsFileError(f"{name} has no sheet with values.", texts.SAVE_AGAIN)
    return next((number for number, sheet in enumerate(book.sheets) if not sheet["is_hidden"]), 0)
