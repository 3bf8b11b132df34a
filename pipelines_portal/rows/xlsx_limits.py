"""What an XLSX file may hold, looked at before it is read: it is a ZIP of XML, and may be a bomb as well as any.

openpyxl makes up every row that a file leaves out, and holds all of its texts. So the XML is gone through once, piece
by piece, and given up at the first thing that no file of rows has.
"""

import re
import zipfile
from dataclasses import dataclass
from xml.parsers import expat

from .limits import MAX_CELL, MAX_COLUMNS, MAX_LINES

MAX_UNPACKED = 64 * 1024 * 1024
# Real files are about 8 to 1. Small parts may be more, and are small.
MAX_RATIO = 100
SMALL = 2 * 1024 * 1024
MAX_PARTS = 1000
MAX_ELEMENTS = 600_000
# Of those that are no cells: openpyxl takes long over each.
MAX_OTHERS = 30_000
MAX_SHEETS = 255
# A sheet that does not say its size is gone through once for each mention of it.
MAX_UNSIZED = 2_000_000
MAX_DEPTH = 64
PIECE = 64 * 1024
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ROW, CELL, SHEET, DIMENSION, DATA = (f"{MAIN} {name}" for name in ("row", "c", "sheet", "dimension", "sheetData"))
OF_CELLS = {ROW, CELL, *(f"{MAIN} {name}" for name in ("v", "f", "is", "t", "si"))}


class TooMuch(Exception):
    """What there is too much of, as the middle of a sentence."""


@dataclass
class Counts:
    """Over all parts."""

    elements: int = 0
    others: int = 0
    sheets: int = 0


def check_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """What is wrong with each part that is a sheet, by its name: only the first sheet's matters.

    Raises TooMuch for the rest, or what zipfile and expat raise of a damaged file.
    """
    parts = archive.infolist()
    _check_sizes(parts)
    counts, faults, unsized = Counts(), dict[str, str](), 0
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            scan, before = _Scan(counts), counts.elements
            scan.read(archive, part)
            faults[part.filename] = scan.fault
            unsized = unsized if scan.has_size else max(unsized, counts.elements - before)
    if counts.sheets > 1 and counts.sheets * unsized > MAX_UNSIZED:
        raise TooMuch("has too many sheets")
    return faults


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > MAX_PARTS:
        raise TooMuch(f"is made of more than {MAX_PARTS:,} parts")
    if size > MAX_UNPACKED:
        raise TooMuch(f"unpacks to more than {MAX_UNPACKED // 1024**2} MB")
    if size > SMALL and size > MAX_RATIO * packed:
        raise TooMuch(f"unpacks to more than {MAX_RATIO} times its size")


class _Scan:
    """One part, piece by piece."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.text = self.depth = self.rows = 0
        self.fault, self.has_size, self.in_data = "", False, False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def read(self, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        fed = 0
        with archive.open(part) as source:
            while piece := source.read(PIECE):
                self.parser.Parse(piece, False)
                fed += len(piece)
                # A tag is held back until it ends.
                if fed - max(self.parser.CurrentByteIndex, 0) > MAX_CELL + PIECE:
                    raise TooMuch("holds a text that is far too long")
        self.parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.text = 0
        self.depth += 1
        self._count(name)
        if name == ROW:
            self._row(attributes.get("r", ""))
        elif name == CELL:
            self._cell(attributes.get("r", ""))
        elif name == DIMENSION and not self.in_data:
            self.has_size = True
        elif name == DATA:
            self.in_data = True

    def _count(self, name: str) -> None:
        counts = self.counts
        counts.elements += 1
        counts.others += name not in OF_CELLS
        counts.sheets += name == SHEET
        if counts.sheets > MAX_SHEETS:
            raise TooMuch(f"has more than {MAX_SHEETS} sheets")
        if self.depth > MAX_DEPTH or counts.elements > MAX_ELEMENTS or counts.others > MAX_OTHERS:
            raise TooMuch("holds more than can be read here")

    def _row(self, number: str) -> None:
        is_number = number.isascii() and number.isdigit() and len(number) < 12
        self.rows = int(number) if is_number else self.rows + 1
        if self.rows > MAX_LINES or len(number) > 11:
            self.fault = f"has more than {MAX_LINES:,} lines, empty ones counted"

    def _cell(self, reference: str) -> None:
        letters = re.match(r"[A-Za-z]*", reference)[0]  # type: ignore[index]
        if len(letters) > 3 or _column(letters) > MAX_COLUMNS:
            self.fault = f"has more than {MAX_COLUMNS} columns"

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.text = 0

    def _characters(self, text: str) -> None:
        self.text += len(text)
        if self.text > MAX_CELL:
            raise TooMuch("holds a text that is far too long")

    def _doctype(self, *args: object) -> None:
        raise TooMuch("declares a document type")


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
