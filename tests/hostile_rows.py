"""Rows files made to hang whoever reads them. Each is refused; `words` say why."""

import io
import random
import zipfile
from collections.abc import Callable, Iterable

from openpyxl import Workbook

NS = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = b"<worksheet " + NS + b'><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>photo</t></is></c></row>'
TAIL = b"</sheetData></worksheet>"
SHEET = "xl/worksheets/sheet1.xml"
NOISE = bytes(random.Random(1).choices(b"abcdefghijklmnopqrstuvwxyz", k=60_000))


def workbook() -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["photo"])
    book.active.append(["a.png"])
    book.save(out)
    return out.getvalue()


def with_part(pieces: Iterable[bytes], name: str = SHEET) -> bytes:
    """A good spreadsheet, but for one part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in good.infolist():
            if part.filename != name:
                target.writestr(part, good.read(part))
        with target.open(name, "w") as entry:
            for piece in pieces:
                entry.write(piece)
    return out.getvalue()


def sheet(*pieces: bytes) -> bytes:
    return with_part([HEAD, *pieces, TAIL])


def sheets(count: int) -> bytes:
    listed = (b'<sheet name="s%d" sheetId="%d"/>' % (number, number) for number in range(count))
    return with_part([b"<workbook " + NS + b"><sheets>", *listed, b"</sheets></workbook>"], "xl/workbook.xml")


def shared_strings() -> bytes:
    texts = (b"<si><t>" + NOISE[n % 50_000 : n % 50_000 + 20] + b"</t></si>" for n in range(1_200_000))
    return with_part([b"<sst " + NS + b">", *texts, b"</sst>"], "xl/sharedStrings.xml")


def many_parts() -> bytes:
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(2000):
            archive.writestr(f"xl/media/{number}.png", b"")
    return out.getvalue()


def columns_at_the_end() -> bytes:
    return sheet(*(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(2, 3000)))


def entities() -> bytes:
    doctype = b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 5000 + b'"><!ENTITY b "' + b"&a;" * 5000 + b'">]>'
    return with_part([doctype, HEAD, b'<row r="2"><c r="A2" t="inlineStr"><is><t>&b;</t></is></c></row>', TAIL])


def one_cell(pieces: int) -> bytes:
    return sheet(b'<row r="2"><c r="A2" t="inlineStr"><is><t>', *[bytes([65 + n % 26]) * 2**20 for n in range(pieces)],
                 b"</t></is></c></row>")  # fmt: skip


def one_attribute() -> bytes:
    return sheet(b'<row r="2"><c r="A2" x="', *[NOISE] * 20, b'"><v>1</v></c></row>')


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "row two billion": (
        lambda: sheet(b'<row r="2000000000"><c r="A2"><v>1</v></c></row>'), "more than 20,000 lines",
    ),
    "a row number of 5,000 digits": (lambda: sheet(b'<row r="' + b"9" * 5000 + b'"/>'), "more than 20,000 lines"),
    "200,000 empty rows": (lambda: sheet(b"<row/>" * 200_000), "more than 20,000 lines"),
    "column XFD": (columns_at_the_end, "more than 300 columns"),
    "one cell of 300 MB": (lambda: one_cell(300), "larger than 64 MB when unpacked"),
    "one cell of 40 MB": (lambda: one_cell(40), "more than 100 times its size"),
    "one long cell": (lambda: sheet(b'<row r="2"><c r="A2" t="str"><v>', *[NOISE] * 20, b"</v></c></row>"), "too long"),
    "one long attribute": (one_attribute, "too long"),
    "100,000 sheets": (lambda: sheets(100_000), "more than 255 sheets"),
    "texts without end": (shared_strings, "has too much text"),
    "2,000 parts": (many_parts, "more than 1,000 parts"),
    "100,000 levels": (lambda: with_part([HEAD, b"<a>" * 100_000]), "can’t be read as a spreadsheet"),
    "entities": (entities, "declares a document type"),
    "a CSV of commas": (lambda: b"photo\n" + b"," * (16 * 1024**2 - 10), "too many separators"),
    "commas over quoted lines": (lambda: b"photo\n" + (b'"\n",' + b"," * 50_000) * 300, "too many separators"),
    "a CSV of line ends": (lambda: b"photo\n" + b"\n" * (16 * 1024**2 - 10), "more than 20,000 lines"),
    "one quote": (lambda: b'photo\n"' + b"x" * (16 * 1024**2 - 10), "can’t be read from line"),
    "one quote over lines": (lambda: b'photo\n"' + b"\n" * (16 * 1024**2 - 10), "can’t be read from line"),
}  # fmt: skip
