"""A file at a limit is read. A file above it is refused with the message of that limit."""

import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.reading import read_all_lines
from pipelines_portal.web.time_budget import TimeBudget
from tests.hostile_rows import sheet, workbook

MEBIBYTE = 1024 * 1024


def blank_lines(lines: int) -> bytes:
    return b"photo\na.png\n" + b"\n" * (lines - 2)


def separators_in_one_cell(count: int) -> bytes:
    """Return a record over two lines whose separators are counted together."""
    return b'photo\n"' + b"," * (count - 10) + b"\n" + b"," * 10 + b'"\n'


def long_cell(length: int) -> bytes:
    return b"photo\n" + b"x" * length + b"\n"


def whole_file(size: int) -> bytes:
    """Return a file of cells that are not too long."""
    row = b"x" * (MEBIBYTE - 1) + b"\n"
    return (b"photo\n" + row * (size // MEBIBYTE + 1))[:size]


def xlsx_columns(count: int) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append([f"c{number}" for number in range(count)])
    book.active.append(["a.png"] * count)
    book.save(out)
    return out.getvalue()


def xlsx_last_row(number: int) -> bytes:
    """Return rows without a number, which follow the row before."""
    cell = b'<c t="inlineStr"><is><t>a.png</t></is></c>'
    return sheet(b'<row r="%d">' % (number - 1) + cell + b"</row><row>" + cell + b"</row>")


def xlsx_text(length: int) -> bytes:
    return sheet(
        b'<row r="2"><c r="A2" t="inlineStr"><is><t>',
        b"ab" * (length // 2) + b"a" * (length % 2),
        b"</t></is></c></row>",
    )


def xlsx_sheets(count: int) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["photo"])
    book.active.append(["a.png"])
    for _ in range(count - 1):
        book.create_sheet()
    book.save(out)
    return out.getvalue()


def xlsx_parts(count: int) -> bytes:
    out = io.BytesIO(workbook())
    with ZipFile(out, "a") as archive:
        for number in range(count - len(archive.infolist())):
            archive.writestr(f"xl/media/{number}.png", b"")
    return out.getvalue()


BOUNDS: dict[str, tuple[Callable[[int], bytes], int, str]] = {
    "bytes": (whole_file, 16 * MEBIBYTE, "larger than 16 MB"),
    "lines of a CSV": (blank_lines, 20_000, "more than 20,000 lines"),
    "separators in a record": (separators_in_one_cell, 100_000, "too many separators"),
    "letters in a cell": (long_cell, MEBIBYTE, "can’t be read from line 2 on"),
    "columns of a sheet": (xlsx_columns, 300, "more than 300 columns"),
    "lines of a sheet": (xlsx_last_row, 20_000, "more than 20,000 lines"),
    "letters in a cell of a sheet": (xlsx_text, MEBIBYTE, "a text that is too long"),
    "sheets": (xlsx_sheets, 255, "more than 255 sheets"),
    "parts": (xlsx_parts, 1_000, "more than 1,000 parts"),
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_file_at_each_limit_is_read_and_above_it_refused(bound: str) -> None:
    make, most, words = BOUNDS[bound]
    assert read_all_lines("rows", make(most), TimeBudget())[0]
    with pytest.raises(RowsFileError) as refusal:
        read_all_lines("rows", make(most + 1), TimeBudget())
    assert words in refusal.value.title
    assert refusal.value.advice
