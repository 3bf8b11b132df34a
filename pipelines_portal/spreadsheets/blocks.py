"""Blocks of lines as JSON, which can be passed on and stored without being parsed."""

import json
from collections.abc import Iterable, Iterator

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.cells import Cell, Line, Lines, is_empty
from pipelines_portal.spreadsheets.limits import (
    MAX_HEADER_LINES,
    MEBIBYTE,
    Bounds,
    RowsFileError,
    too_many_columns,
    too_many_rows,
)

LINES = 500
# In characters. A block of long lines has fewer lines.
LENGTH = 256 * 1024
MAX_LINE = 4 * MEBIBYTE


def blocks_of(name: str, lines: Iterable[Line], bounds: Bounds) -> Iterator[tuple[bytes, int]]:
    """Yield blocks with the number of their lines, without empty lines and without empty cells at a line's end.

    Raise RowsFileError for more than `bounds` allow.
    """
    block: Lines = []
    length = total = count = 0
    for number, cells in lines:
        if is_empty(cells):
            continue
        while not cells[-1]:
            cells.pop()
        length += _line_length(name, number, cells, bounds)
        block.append((number, cells))
        # The first block contains all lines that may be the header, however long they are.
        if len(block) == LINES or (length > LENGTH and count + len(block) >= MAX_HEADER_LINES):
            total, count = total + length, count + len(block)
            _check_totals(name, total, count, bounds)
            yield _encode(block), len(block)
            block, length = [], 0
    if block:
        _check_totals(name, total + length, count + len(block), bounds)
        yield _encode(block), len(block)


def lines_in(block: bytes) -> Lines:
    """Return the number of each line, as people see it in the file, and its cells."""
    return [(number, cells) for number, cells in json.loads(block)]


def _encode(lines: Lines) -> bytes:
    return json.dumps(lines, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _line_length(name: str, number: int, cells: list[Cell], bounds: Bounds) -> int:
    if len(cells) > bounds.columns:
        raise too_many_columns(name, bounds.columns)
    lengths = [len(cell if isinstance(cell, str) else cell["t"]) for cell in cells]
    if max(lengths) > bounds.longest_cell:
        raise RowsFileError(
            f"Row {number} of {name} has a text of more than {bounds.longest_cell:,} characters.", "Shorten it."
        )
    length = sum(lengths)
    if length > MAX_LINE:
        raise RowsFileError(f"Row {number} of {name} has too much text.", "Shorten it.")
    return length


def _check_totals(name: str, length: int, count: int, bounds: Bounds) -> None:
    if count > bounds.rows + MAX_HEADER_LINES:
        raise too_many_rows(name, bounds.rows)
    if length > bounds.text:
        raise RowsFileError(texts.TOO_MUCH_TEXT.format(name=name), texts.SPLIT)
