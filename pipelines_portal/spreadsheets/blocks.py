"""Lines in blocks of JSON, so that they can be handed on and kept without being read."""

import json
from collections.abc import Iterable, Iterator

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
# Characters; a block of long lines is shorter.
LENGTH = 256 * 1024
MAX_LINE = 4 * MEBIBYTE
# Of all texts: a few bytes of a spreadsheet may point to a long one.
MAX_TEXT = 256 * MEBIBYTE


def blocks_of(name: str, lines: Iterable[Line], bounds: Bounds) -> Iterator[tuple[bytes, int]]:
    """Blocks, each with the number of its lines. Empty lines are left out, and empty cells at a line's end.

    Raises RowsFileError for more than `bounds` allow.
    """
    block: Lines = []
    length = total = count = 0
    for number, cells in lines:
        if is_empty(cells):
            continue
        while not cells[-1]:
            cells.pop()
        length += _length(name, number, cells, bounds)
        block.append((number, cells))
        # The first block holds all lines that may head the table, however long they are.
        if len(block) == LINES or (length > LENGTH and count + len(block) >= MAX_HEADER_LINES):
            total, count = total + length, count + len(block)
            _check_totals(name, total, count, bounds)
            yield _block(block), len(block)
            block, length = [], 0
    if block:
        _check_totals(name, total + length, count + len(block), bounds)
        yield _block(block), len(block)


def lines_in(block: bytes) -> Lines:
    """Each line's number as people see it in the file, and its cells."""
    return [(number, cells) for number, cells in json.loads(block)]


def _block(lines: Lines) -> bytes:
    return json.dumps(lines, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _length(name: str, number: int, cells: list[Cell], bounds: Bounds) -> int:
    if len(cells) > bounds.columns:
        raise too_many_columns(name, bounds.columns)
    length = sum(map(len, cells))
    if length > MAX_LINE:
        raise RowsFileError(f"Row {number} of {name} holds more text than can be read here.", "Shorten it.")
    return length


def _check_totals(name: str, length: int, count: int, bounds: Bounds) -> None:
    if count > bounds.rows + MAX_HEADER_LINES:
        raise too_many_rows(name, bounds.rows)
    if length > MAX_TEXT:
        raise RowsFileError(f"{name} holds more text than can be read here.", "Split it.")
