"""Read a file of rows as lines of cells."""

from pathlib import Path

from pipelines_portal.spreadsheets.blocks import lines_in
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.spreadsheets.child_process import FileReading
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult, Sheet
from pipelines_portal.spreadsheets.headers import likely_header
from pipelines_portal.spreadsheets.limits import (
    WITH_AN_ARCHIVE,
    Bounds,
    RowsFileError,
    too_large,
)
from pipelines_portal.web.file_names import in_sentence
from pipelines_portal.web.time_budget import TimeBudget, within

__all__ = [
    "ReadingOptions",
    "Bounds",
    "ReadingResult",
    "Sheet",
    "likely_header",
    "lines_in",
    "read_all_lines",
    "read_lines",
]


def read_lines(name: str, data: bytes | Path, options: ReadingOptions, bounds: Bounds) -> FileReading:
    """Return the reading of a file by a child process. Raise RowsFileError if it is too large.

    It yields as many lines as `bounds` allow rows, and some more for titles and headers.
    """
    name = in_sentence(name)
    size = data.stat().st_size if isinstance(data, Path) else len(data)
    if size > bounds.bytes:
        raise too_large(name, bounds.bytes)
    return FileReading(name, data, options, bounds)


def read_all_lines(name: str, data: bytes, budget: TimeBudget) -> tuple[Lines, ReadingResult]:
    """Return the lines of a file of rows for an archive. Raise RowsFileError or OutOfTime."""
    reading = read_lines(name, data, ReadingOptions(), WITH_AN_ARCHIVE)
    reading.silence = min(reading.silence, budget.seconds)
    try:
        with reading:
            lines = [line for block in within(budget, reading.blocks) for line in lines_in(block)]
    except RowsFileError:
        budget.check()  # the reader may have been stopped because the page ran out of time
        raise
    return lines, reading.found
