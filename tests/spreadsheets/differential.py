"""Compare the product's reader of spreadsheets with openpyxl and python-calamine, on generated files.

`python -m tests.spreadsheets.differential --files 100000 --seed 1` prints each difference that EXPECTED does not name.
"""

import argparse
import io
import math
import random
import re
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import load_workbook
from openpyxl.cell.read_only import EmptyCell
from python_calamine import CalamineWorkbook

from pipelines_portal.spreadsheets.cells import Cell, text_of, value_of
from pipelines_portal.spreadsheets.child import BLOCK, frames
from pipelines_portal.spreadsheets.files import ReadingOptions
from pipelines_portal.spreadsheets.limits import MAX_CELL, MAX_TEXT, Bounds
from pipelines_portal.spreadsheets.reading import lines_in

BOUNDS = Bounds(rows=1_000, bytes=4 * 1024 * 1024, longest_cell=MAX_CELL, text=MAX_TEXT)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TIME_OF_DAY, SECONDS_OF_DAY = timedelta(days=1), 86_400
# Number formats by the index of their style. The first is that of cells without one.
FORMATS = (
    "General", "0", "0.00", "#,##0.00", "0%", "0.00E+00", "@", "yyyy-mm-dd", "dd.mm.yyyy hh:mm", "hh:mm:ss", "[h]:mm",
    "000", '#,##0.00 "€"', "m/d/yy", '"Nr. "0', "[$-407]d. mmmm yyyy",
)  # fmt: skip
DATES = {"yyyy-mm-dd", "dd.mm.yyyy hh:mm", "m/d/yy", "[$-407]d. mmmm yyyy"}
TIMES, SPANS = {"hh:mm:ss"}, {"[h]:mm"}
TEXTS = (
    "A", "007", "  two  spaces ", "Straße", "Şahin Gıda", "a\nb", "=1+1", "'quoted", "<&>\"", "1,5", "TRUE", "#N/A",
    "", "2026-11-30", "😀", "x" * 300, "\u00a0", "0", "-", "1E5", "_x0041_",
)  # fmt: skip
ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")


class Made:
    """A workbook of one sheet of interest, with what was put into each cell."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.strings: list[str] = []
        self.since_1904 = self.chance.random() < 0.1
        self.has_shared = self.chance.random() < 0.8
        # Writers other than Excel leave places out, or name the elements with a prefix.
        self.has_places, self.has_prefix = self.chance.random() < 0.9, self.chance.random() < 0.1
        self.has_hidden_sheet, self.is_merged = self.chance.random() < 0.1, self.chance.random() < 0.1
        self.rows, self.columns = self.chance.randint(1, 6), self.chance.randint(1, 6)

    def data(self) -> bytes:
        sheet = self._sheet()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
            for name, content in (*self._frame(), ("xl/worksheets/sheet1.xml", sheet)):
                book.writestr(name, HEAD + content)
            if self.has_hidden_sheet:
                book.writestr("xl/worksheets/sheet2.xml", f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData/></worksheet>')
            if self.has_shared:
                items = "".join(map(self._shared_item, self.strings))
                book.writestr("xl/sharedStrings.xml", f'{HEAD}<sst xmlns="{MAIN}">{items}</sst>')
        return out.getvalue()

    def _frame(self) -> Iterator[tuple[str, str]]:
        types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        parts = {"xl/workbook.xml": "sheet.main", "xl/worksheets/sheet1.xml": "worksheet", "xl/styles.xml": "styles"}
        parts |= {"xl/worksheets/sheet2.xml": "worksheet"} if self.has_hidden_sheet else {}
        parts |= {"xl/sharedStrings.xml": "sharedStrings"} if self.has_shared else {}
        yield (
            "[Content_Types].xml",
            (
                f'<Types xmlns="{PACKAGE}/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                + "".join(
                    f'<Override PartName="/{name}" ContentType="{types}.{kind}+xml"/>' for name, kind in parts.items()
                )
                + "</Types>"
            ),
        )
        yield "_rels/.rels", _relations(("officeDocument", "xl/workbook.xml"))
        names = [("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]
        shared = [("sharedStrings", "sharedStrings.xml")] if self.has_shared else []
        hidden = [("worksheet", "worksheets/sheet2.xml")] if self.has_hidden_sheet else []
        yield "xl/_rels/workbook.xml.rels", _relations(*names, *hidden, *shared)
        epoch = '<workbookPr date1904="1"/>' if self.since_1904 else "<workbookPr/>"
        sheets = '<sheet name="Rows" sheetId="1" r:id="rId1"/>'
        if self.has_hidden_sheet:
            sheets = f'<sheet name="Notes" sheetId="2" state="hidden" r:id="rId3"/>{sheets}'
        book = f"{epoch}<sheets>{sheets}</sheets>"
        yield "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{book}</workbook>'
        codes = "".join(
            f'<numFmt numFmtId="{164 + number}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
            for number, code in enumerate(FORMATS[1:])
        )
        styles = "".join(f'<xf numFmtId="{163 + number if number else 0}"/>' for number in range(len(FORMATS)))
        looks = "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills>"
        looks += "<borders><border><left/></border></borders>"
        cells = f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{styles}</cellXfs>"
        yield "xl/styles.xml", f'<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts>{looks}{cells}</styleSheet>'

    def _sheet(self) -> str:
        lines, number = [], 0
        for _ in range(self.rows):
            number += self.chance.choice((1, 1, 1, 2)) if self.has_places else 1
            cells, column = [], -1
            for _ in range(self.columns):
                column += self.chance.choice((1, 1, 1, 2)) if self.has_places else 1
                cells.append(self._cell(f"{chr(65 + column)}{number}"))
            spans = f' spans="1:{column + 1}"' if self.chance.random() < 0.5 else ""
            lines.append(f'<row r="{number}"{spans}>{"".join(cells)}</row>')
        merged = '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>' if self.is_merged else ""
        sheet = f"<sheetData>{''.join(lines)}</sheetData>{merged}"
        if not self.has_places:
            sheet = re.sub(r'<(c|row) r="[A-Z]?\d+"', r"<\1", sheet)
        if not self.has_prefix:
            return f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>'
        prefixed = re.sub(r"(</?)(?=[a-z])", r"\1x:", sheet)
        return f'<x:worksheet xmlns:x="{MAIN}">{prefixed}</x:worksheet>'

    def _cell(self, place: str) -> str:
        style = self.chance.randrange(len(FORMATS)) if self.chance.random() < 0.5 else 0
        with_style = f' s="{style}"' if style else ""
        kind = self.chance.choice(("number", "number", "shared", "inline", "formula", "truth", "error", "empty"))
        match kind:
            case "number":
                rest = f"{with_style}><v>{self._number(FORMATS[style])}</v>"
            case "shared" if self.has_shared:
                self.strings.append(self.chance.choice(TEXTS))
                rest = f'{with_style} t="s"><v>{len(self.strings) - 1}</v>'
            case "formula":
                rest = f'{with_style} t="str"><f>A1</f><v>{escape(self.chance.choice(TEXTS))}</v>'
            case "truth":
                rest = f' t="b"><v>{self.chance.randint(0, 1)}</v>'
            case "error":
                rest = f' t="e"><v>{self.chance.choice(ERRORS)}</v>'
            case "empty":
                rest = f"{with_style}>"
            case _:
                rest = f'{with_style} t="inlineStr"><is>{_text_element(self.chance.choice(TEXTS))}</is>'
        return f'<c r="{place}"{rest}</c>'

    def _number(self, code: str) -> str:
        if code in DATES | TIMES | SPANS:
            days = self.chance.choice((0, self.chance.randint(1, 59), self.chance.randint(61, 60_000)))
            seconds = self.chance.randrange(SECONDS_OF_DAY) if code not in ("yyyy-mm-dd", "m/d/yy") else 0
            return repr(days + seconds / SECONDS_OF_DAY) if seconds else str(days)
        magnitude = 10.0 ** self.chance.randint(-8, 17)
        number = self.chance.choice((self.chance.randint(-1_000, 100_000), self.chance.uniform(-1, 1) * magnitude))
        return repr(number)

    def _shared_item(self, text: str) -> str:
        if len(text) > 2 and self.chance.random() < 0.3:
            return f"<si><r>{_text_element(text[:2])}</r><r><rPr><b/></rPr>{_text_element(text[2:])}</r></si>"
        return f"<si>{_text_element(text)}</si>"


def _relations(*targets: tuple[str, str]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{lines}</Relationships>'


def _text_element(text: str) -> str:
    return f'<t xml:space="preserve">{escape(text)}</t>'


# --- three readers ----------------------------------------------------------------------------------------------------

Table = dict[tuple[int, int], Any]


def read_by_us(data: bytes) -> dict[tuple[int, int], Cell]:
    found = frames("rows.xlsx", io.BytesIO(data), ReadingOptions(), BOUNDS)
    blocks = [payload for kind, payload in found if kind == BLOCK]
    lines = [line for block in blocks for line in lines_in(block)]
    return {(number, place): cell for number, cells in lines for place, cell in enumerate(cells) if cell != ""}


def read_by_openpyxl(data: bytes) -> Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dates before 1900
        # Without `read_only`, it drops what stands in merged cells.
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True)["Rows"]
        cells = (cell for row in sheet.iter_rows() for cell in row if not isinstance(cell, EmptyCell))
        return {(cell.row, cell.column - 1): cell.value for cell in cells if cell.value not in (None, "")}


def read_by_calamine(data: bytes) -> Table:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Rows").to_python(skip_empty_area=False)
    return {
        (number, place): value for number, row in enumerate(rows, 1) for place, value in enumerate(row) if value != ""
    }


# --- the comparison ---------------------------------------------------------------------------------------------------


def differs(ours: Cell, theirs: Any) -> bool:
    """Return whether another reader has another value than we have."""
    value = value_of(ours)
    if isinstance(theirs, bool) or isinstance(value, bool):
        return value is not theirs
    if isinstance(theirs, int | float):
        return not _is_number(value, theirs)
    if isinstance(theirs, datetime | date | time):
        return not _is_time(str(value), theirs)
    if isinstance(theirs, timedelta):
        return not (isinstance(ours, dict) and ours.get("e") == "duration")
    return bool(text_of(ours) != theirs)


def _is_number(value: Any, theirs: float) -> bool:
    try:
        return math.isclose(float(value), theirs, rel_tol=1e-12, abs_tol=1e-300)
    except (TypeError, ValueError):
        return False


def _is_time(value: str, theirs: datetime | date | time) -> bool:
    if isinstance(theirs, time):
        return value == theirs.replace(microsecond=0).isoformat()
    at = theirs if isinstance(theirs, datetime) else datetime.combine(theirs, time())
    try:
        return abs(datetime.fromisoformat(value) - at) < timedelta(seconds=1)
    except ValueError:
        return False


def _is_error(ours: Any, theirs: Any) -> bool:
    return isinstance(ours, dict) and ours.get("e") == "error" and theirs is None


def _is_escape(ours: Any, theirs: Any) -> bool:
    return bool(ours == "A" and theirs == "_x0041_")


def _is_day_zero(ours: Any, theirs: Any) -> bool:
    return (
        isinstance(ours, dict) and isinstance(theirs, time) and str(ours["v"]).startswith(("1899-12-31", "1904-01-01"))
    )


def _is_blank(ours: Any, theirs: Any) -> bool:
    return ours is None and isinstance(theirs, str) and not theirs.strip()


# What differs, by its name: from which reader, when, and why.
EXPECTED: dict[str, tuple[str, Callable[[Any, Any], bool], str]] = {
    "error": ("calamine", _is_error, "it leaves the errors of formulas out; a person has to see them"),
    "escape": ("both", _is_escape, "_x0041_ is how a file writes A: the others don't always read it"),
    "day zero": ("both", _is_day_zero, "the others take a day zero for a time; its format says that it has a date"),
    "blank": ("both", _is_blank, "a line of spaces is an empty line"),
}


def difference(reader: str, ours: Cell | None, theirs: Any) -> str:
    """Return the name of an expected difference, "" if there is none, or what nobody expects."""
    if ours is None and theirs is None:
        return ""
    if ours is not None and theirs is not None and not differs(ours, theirs):
        return ""
    for name, (of, holds, _) in EXPECTED.items():
        if of in (reader, "both") and holds(ours, theirs):
            return name
    return f"unexpected: {reader}: {ours!r} is {theirs!r}"


def compare(seed: int) -> Counter[str]:
    """Count the differences of one file."""
    data, found = Made(seed).data(), Counter[str]()
    ours = read_by_us(data)
    for reader, theirs in (("openpyxl", read_by_openpyxl(data)), ("calamine", read_by_calamine(data))):
        for place in sorted({*ours, *theirs}):
            if name := difference(reader, ours.get(place), theirs.get(place)):
                found[name] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total = Counter[str]()
    for seed in range(given.seed, given.seed + given.files):
        found = compare(seed)
        total += found
        for name in found:
            if name.startswith("unexpected"):
                print(f"{seed}: {name}")
    print(f"{given.files:,} files")
    for name, count in total.most_common():
        if not name.startswith("unexpected"):
            print(f"{count:,} × {name}: {EXPECTED[name][2]}")
    sys.exit(any(name.startswith("unexpected") for name in total))


if __name__ == "__main__":
    main()
