"""Limits for files of rows, and the errors for files that exceed them."""

from dataclasses import dataclass

from pipelines_portal.spreadsheets import texts

MEBIBYTE = 1024 * 1024
# Of all texts of an import.
MAX_TEXT = 256 * MEBIBYTE
# For the rows that are uploaded with an archive.
MAX_BYTES = 16 * MEBIBYTE
MAX_ROWS = 5_000
MAX_COLUMNS = 300
MAX_CELL = MEBIBYTE
# Titles and headers above the rows do not count as rows.
MAX_HEADER_LINES = 20
# The most lines of a sheet in a spreadsheet.
MAX_LINES = 1_048_576


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much is read of one file. `seconds` limits the reader's CPU time, `memory` its address space."""

    rows: int
    bytes: int
    # Signs of one cell, and of all together: a few bytes of a spreadsheet may refer to a long text.
    longest_cell: int
    text: int
    columns: int = MAX_COLUMNS
    # Including empty lines.
    lines: int = MAX_LINES
    # Cells, and texts that cells refer to.
    values: int = 6_000_000
    unpacked: int = 512 * MEBIBYTE
    seconds: int = 120
    memory: int = 700 * MEBIBYTE


WITH_AN_ARCHIVE = Bounds(
    rows=MAX_ROWS, bytes=MAX_BYTES, longest_cell=MAX_CELL, text=32 * MEBIBYTE, lines=20_000, values=400_000,
    unpacked=64 * MEBIBYTE, seconds=20,
)  # fmt: skip


class RowsFileError(Exception):
    """A file cannot be used. `title` says what is wrong with it, `advice` what to do."""

    def __init__(self, title: str, advice: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice


def too_many_rows(name: str, most: int) -> RowsFileError:
    return RowsFileError(f"{name} has more than {most:,} rows.", texts.SPLIT)


def too_many_columns(name: str, most: int = MAX_COLUMNS) -> RowsFileError:
    return RowsFileError(texts.TOO_MANY_COLUMNS.format(name=name, most=most), "Leave out columns you don’t need.")


def too_large(name: str, most: int) -> RowsFileError:
    return RowsFileError(f"{name} is larger than {most // MEBIBYTE} MB.", texts.SPLIT)
