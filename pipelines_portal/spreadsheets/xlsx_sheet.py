"""Read the rows of one sheet. It is written for speed: cells are no objects of their own."""

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.cells import UNCALCULATED, Cell, Line, error, valued
from pipelines_portal.spreadsheets.number_formats import DIGITS
from pipelines_portal.spreadsheets.xlsx_book import Book, decoded, read_formats, read_texts, text_in
from pipelines_portal.spreadsheets.xlsx_parts import Damaged, Parts, TooMuch

MAX_LETTERS = 3
MAX_NUMBER = 11
LONG = 10.0**DIGITS
REMARKS = (
    (
        "formulas",
        "1 formula has no stored value. Open the file and save it again.",
        "{count:,} formulas have no stored value. Open the file and save it again.",
    ),
    ("errors", "1 cell has an error, such as #N/A.", "{count:,} cells have errors, such as #N/A."),
    (
        "long_numbers",
        "1 number has more than {digits} digits, so its last digits may be wrong.",
        "{count:,} numbers have more than {digits} digits, so their last digits may be wrong.",
    ),
    (
        "merged",
        "1 merged range: only its first cell has the value.",
        "{count:,} merged ranges: only the first cell of each has the value.",
    ),
)


class SheetReader:
    """A reader of a sheet. `hidden` and `remarks` are complete when all lines were read."""

    def __init__(self, parts: Parts, book: Book, at: int) -> None:
        self.texts = read_texts(parts, book)
        self.formats = read_formats(parts, book)
        self.path, self.parts, self.bounds = book.paths[at], parts, parts.bounds
        self.columns: dict[str, int] = {"": 0}
        self.cells = self.hidden = 0
        self.counts = {"formulas": 0, "errors": 0, "long_numbers": 0, "merged": 0}

    def lines(self) -> Iterator[Line]:
        number = 0
        for name, element in self.parts.elements(self.path, "row", "mergeCell"):
            if name == "row":
                number = self._row_number(element, number)
                cells = self._cells(element)
                if cells and element.get("hidden") in ("1", "true"):
                    self.hidden += any(cells)
                element.clear()
                yield number, cells
            else:
                self.counts["merged"] += 1

    def remarks(self) -> list[str]:
        counts = [(self.counts[kind], one, many) for kind, one, many in REMARKS]
        return [
            (one if count == 1 else many).format(count=count, digits=DIGITS) for count, one, many in counts if count
        ]

    def _row_number(self, row: Element, before: int) -> int:
        written = row.get("r", "")
        is_number = written.isascii() and written.isdigit() and len(written) <= MAX_NUMBER
        number = int(written) if is_number else before + 1
        if number > self.bounds.lines or len(written) > MAX_NUMBER:
            raise TooMuch(texts.TOO_MANY_LINES, self.bounds.lines)
        return number

    def _cells(self, row: Element) -> list[Cell]:
        cells: list[Cell] = []
        column = 0
        for element in row:
            reference = element.get("r")
            column = self._column(reference) if reference else column + 1
            cell = self._cell(element)
            if cell == "" and column > len(cells):
                continue
            if column > len(cells):
                self._widen(cells, column)
            cells[column - 1] = cell
        self.cells += len(cells)
        if self.cells > self.bounds.values:
            raise TooMuch(texts.TOO_MUCH_TEXT)
        return cells

    def _widen(self, cells: list[Cell], column: int) -> None:
        if column > self.bounds.columns:
            raise TooMuch(texts.TOO_MANY_COLUMNS, self.bounds.columns)
        cells.extend([""] * (column - len(cells)))

    def _column(self, reference: str) -> int:
        """Return the number of the column, from 1. Its letters are cached."""
        letters = reference.rstrip("0123456789")
        if (known := self.columns.get(letters)) is None:
            known = self.columns[letters] = _column_number(letters)
        return known

    def _cell(self, element: Element) -> Cell:
        written, is_formula = None, False
        for child in element:
            tag = child.tag
            if tag.endswith("}v"):
                written = child.text
            elif tag.endswith("}f"):
                is_formula = True
            elif tag.endswith("}is"):
                return text_in(child)
        if not written:
            return self._uncalculated() if is_formula and element.get("t") != "str" else ""
        return self._read(element.get("t", "n"), written, element.get("s"))

    def _read(self, kind: str, written: str, style: str | None) -> Cell:
        if kind == "s":
            return self.texts[int(written)]
        if kind == "n":
            return self._number(written, style)
        if kind == "str":
            return decoded(written)
        if kind == "b":
            return valued("TRUE", True) if written.strip() in ("1", "true") else valued("FALSE", False)
        if kind == "d":
            return valued(written.replace("T", " "), datetime.fromisoformat(written).isoformat())
        self.counts["errors"] += 1
        return error(written)

    def _number(self, written: str, style: str | None) -> Cell:
        show = self.formats[int(style) if style else 0]
        if len(written) > DIGITS:
            self._count_digits(written)
        try:
            return show(written)
        except ValueError:
            self.counts["errors"] += 1
            return error("#VALUE!" if _is_number(written) else written)

    def _count_digits(self, written: str) -> None:
        """Count integers with more digits than a spreadsheet stores: their last digits are zeros."""
        self.counts["long_numbers"] += _is_number(written) and abs(float(written)) >= LONG

    def _uncalculated(self) -> Cell:
        self.counts["formulas"] += 1
        return UNCALCULATED


def _is_number(written: str) -> bool:
    try:
        float(written)
    except ValueError:
        return False
    return True


def _column_number(letters: str) -> int:
    if len(letters) > MAX_LETTERS:
        raise TooMuch(texts.TOO_MANY_COLUMNS, 16_384)
    if not (letters.isascii() and letters.isalpha()):
        raise Damaged
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
