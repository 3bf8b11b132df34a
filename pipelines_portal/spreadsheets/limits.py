"""What a file of rows may hold, whatever wrote it, and how one that cannot be used is refused."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
# Of the rows that go along with an archive.
MAX_BYTES = 16 * MEBIBYTE
MAX_ROWS = 5_000
MAX_COLUMNS = 300
MAX_CELL = MEBIBYTE
# Titles and headers stand above the rows, and do not count as such.
MAX_HEADER_LINES = 20
# A sheet of a spreadsheet has no more.
MAX_LINES = 1_048_576


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much is read of one file. `seconds` are the reader's CPU, `memory` its address space."""

    rows: int
    bytes: int
    columns: int = MAX_COLUMNS
    # Empty ones counted.
    lines: int = MAX_LINES
    # Cells, and texts that cells point to.
    values: int = 6_000_000
    unpacked: int = 512 * MEBIBYTE
    seconds: int = 120
    memory: int = 700 * MEBIBYTE


WITH_AN_ARCHIVE = Bounds(
    rows=MAX_ROWS, bytes=MAX_BYTES, lines=20_000, values=400_000, unpacked=64 * MEBIBYTE, seconds=20
)


class RowsFileError(Exception):
    """`title` says what is wrong with the file, `advice` what to do about it."""

    def __init__(self, title: str, advice: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice


def too_many_rows(name: str, most: int) -> RowsFileError:
    return RowsFileError(f"{name} holds more than {most:,} rows.", "That is the most for one upload: split it.")


def too_many_columns(name: str, most: int = MAX_COLUMNS) -> RowsFileError:
    return RowsFileError(f"{name} has more than {most} columns.", "Leave out those that are no fields.")


def too_large(name: str, most: int) -> RowsFileError:
    return RowsFileError(f"{name} is larger than {most // MEBIBYTE} MB.", "Split it, or upload fewer rows.")
