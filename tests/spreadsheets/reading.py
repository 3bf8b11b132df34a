"""Read and write a file completely for a test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines_portal.spreadsheets.cells import Cell, text_of
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult
from pipelines_portal.spreadsheets.limits import MAX_CELL, MAX_TEXT, Bounds
from pipelines_portal.spreadsheets.reading import lines_in, read_lines
from pipelines_portal.spreadsheets.writing import xlsx_file

BOUNDS = Bounds(rows=100_000, bytes=64 * 1024 * 1024, longest_cell=MAX_CELL, text=MAX_TEXT)


@dataclass
class Whole:
    lines: list[tuple[int, list[Cell]]]
    found: ReadingResult

    @property
    def texts(self) -> list[list[str]]:
        return [[text_of(cell) for cell in cells] for _, cells in self.lines]

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.lines]


def read_whole(
    data: bytes | Path,
    options: ReadingOptions = ReadingOptions(),  # noqa: B008
    bounds: Bounds = BOUNDS,
    name: str = "rows",
) -> Whole:
    with read_lines(name, data, options, bounds) as reading:
        lines = [line for block in reading.blocks for line in lines_in(block)]
    return Whole(lines, reading.found)


def xlsx_bytes(header: list[str], rows: list[list[Any]]) -> bytes:
    with xlsx_file(header, rows) as file:
        return file.read()
