"""Read CSV and similar texts, also as people paste them."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.cells import Line
from pipelines_portal.spreadsheets.csv_cells import bare_cell
from pipelines_portal.spreadsheets.encodings import LABELS, detect_encoding, listed, no_text
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult
from pipelines_portal.spreadsheets.limits import MAX_CELL, MEBIBYTE, Bounds, RowsFileError

# In one row, including those in quoted cells.
MAX_SEPARATORS = 100_000
DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Vertical bar"))
SAMPLE_LETTERS = 64 * 1024
SAMPLE_LINES = 200
# A line that Excel writes first. It is not a row.
NAMED = re.compile(r"\ufeff?sep=([^\w\"\r\n\0])\r?\n\Z", re.IGNORECASE)


def read_csv(
    name: str, file: IO[bytes], options: ReadingOptions, bounds: Bounds
) -> tuple[ReadingResult, Iterator[Line]]:
    """Return what is known of the file, and its lines, numbered as a spreadsheet would number them."""
    encoding = _encoding(name, file, options)
    text = _text(file, encoding)
    sample = text.read(SAMPLE_LETTERS)
    named = NAMED.match(sample[: sample.find("\n") + 1]) if "\n" in sample else None
    delimiter = _chosen_delimiter(options) or (named[1] if named else detect_delimiter(sample))
    found = ReadingResult("csv", encoding=listed(encoding), delimiter=delimiter)
    if encoding == "cp1252" and not options.encoding:
        found.remarks.append(f"{name} isn’t UTF-8, so it was read as Windows-1252. Check letters such as é.")
    text = _text(file, encoding)
    if named:
        text.readline()
    return found, _lines(name, _LimitedLines(name, text, delimiter), found, bounds)


def _chosen_delimiter(options: ReadingOptions) -> str:
    if len(options.delimiter) > 1 or options.delimiter in tuple('"\r\n\0'):
        raise RowsFileError("The separator must be a single character other than a quote.", "Select another separator.")
    return options.delimiter


def detect_delimiter(sample: str) -> str:
    """Return the delimiter that makes most lines equally wide, or a comma if none splits a line."""
    best = max(((_evenness(sample, sign, True), sign) for sign, _ in DELIMITERS), key=lambda pair: pair[0])
    if best[0] == (0, 0):
        best = max(((_evenness(sample, sign, False), sign) for sign, _ in DELIMITERS), key=lambda pair: pair[0])
    return best[1]


def _evenness(sample: str, delimiter: str, strict: bool) -> tuple[int, int]:
    """Return how many lines have the most common width, and that width; zeros if no line is split."""
    whole = sample if len(sample) < SAMPLE_LETTERS else sample.rpartition("\n")[0] or sample
    lines = csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter, strict=strict)
    try:
        widths = Counter(len(cells) for cells in islice(lines, SAMPLE_LINES) if len(cells) > 1)
    except csv.Error:
        return 0, 0
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _encoding(name: str, file: IO[bytes], options: ReadingOptions) -> str:
    if options.encoding in ("", "utf-8"):
        found = detect_encoding(name, file)
        return found if found.startswith("utf-8") or not options.encoding else "utf-8-sig"
    if options.encoding not in LABELS:
        raise RowsFileError(f"{options.encoding} isn’t a known encoding.", "Select one from the list.")
    if options.encoding == "utf-16" and (found := detect_encoding(name, file)).startswith("utf-16"):
        return found
    return options.encoding


def _text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """Decode the file from its start, with its line ends. The file stays open."""
    file.seek(0)
    return io.TextIOWrapper(io.BufferedReader(_Unclosed(file), MEBIBYTE), encoding, errors="replace", newline="")


class _Unclosed(io.RawIOBase):
    """A file that stays open when its reader is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _lines(name: str, watched: "_LimitedLines", found: ReadingResult, bounds: Bounds) -> Iterator[Line]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(watched, delimiter=watched.delimiter, strict=False)
    try:
        for number, cells in enumerate(reader, 1):
            watched.separators = 0
            if number > bounds.lines:
                raise RowsFileError(
                    texts.TOO_MANY_LINES.format(name=name, most=bounds.lines), "Delete the empty lines."
                )
            yield number, [bare_cell(cell) if "'" in cell else cell for cell in cells]
    except csv.Error:
        raise RowsFileError(
            f"{name} can’t be read from line {reader.line_num} on.", "Look for a stray quote."
        ) from None
    if watched.replaced:
        encoding = LABELS.get(found.encoding, found.encoding)
        found.remarks.append(
            f"{name} has characters that can’t be read as {encoding}. They show as �. Select another encoding."
        )


class _LimitedLines:
    """Lines of text with a limit for the separators of one record, because each makes a cell."""

    def __init__(self, name: str, text: io.TextIOWrapper, delimiter: str) -> None:
        self.name, self.text, self.delimiter = name, text, delimiter
        self.separators = 0
        self.replaced = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.text)
        self.separators += line.count(self.delimiter)
        if self.separators > MAX_SEPARATORS:
            raise RowsFileError(
                f"{self.name} has a row with too many separators.",
                "Look for a stray quote, or select another separator.",
            )
        if "\0" in line:
            raise no_text(self.name)
        self.replaced = self.replaced or "\ufffd" in line
        return line
