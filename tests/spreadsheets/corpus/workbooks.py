"""Workbooks with handwritten XML in the style of several programs."""

import io
import zipfile
from collections.abc import Callable, Sequence

from openpyxl import Workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
CODES = ["000", '#,##0.00\\ "€"', "dd\\.mm\\.yyyy", "yyyy\\-mm\\-dd\\ hh:mm", "0.0%", "m/d/yyyy"]
# By their places: plain, 000, euros, whole percents, days, moments, percents, American days.
STYLES = [0, 164, 165, 9, 166, 167, 168, 169]
Made = Callable[[], bytes]


def book(
    rows: str, texts: Sequence[str], *, names: Sequence[str] = ("Sheet1",), at: int = 0, after: str = "",
    since_1904: bool = False, main: str = MAIN, office: str = OFFICE, states: Sequence[str] = (),
) -> Made:  # fmt: skip
    """Return a workbook in the form of Excel whose sheet `at` has these rows."""
    sheets = [f"<sheetData>{rows if number == at else ''}</sheetData>" for number in range(len(names))]
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": _relations([f"{office}/officeDocument xl/workbook.xml"]),
        "xl/workbook.xml": _workbook(names, states, since_1904, main, office),
        "xl/_rels/workbook.xml.rels": _relations(
            [f"{office}/worksheet worksheets/sheet{number}.xml" for number in range(1, len(names) + 1)]
            + [f"{office}/styles styles.xml", f"{office}/sharedStrings sharedStrings.xml"]
        ),
        "xl/styles.xml": _styles(main),
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{"".join(map(_text, texts))}</sst>',
    }
    for number, content in enumerate(sheets, 1):
        end = after if number == at + 1 else ""
        parts[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{main}">{content}{end}</worksheet>'
    return lambda: archive(parts)


def archive(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, HEAD + content)
    return out.getvalue()


def _text(text: str) -> str:
    return text if text.startswith("<si>") else f'<si><t xml:space="preserve">{text}</t></si>'


def _relations(kinds: list[str]) -> str:
    listed = (
        '<Relationship Id="rId{}" Type="{}" Target="{}"/>'.format(number, *kind.split(" "))
        for number, kind in enumerate(kinds, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}">{"".join(listed)}</Relationships>'


def _workbook(names: Sequence[str], states: Sequence[str], since_1904: bool, main: str, office: str) -> str:
    kept = [*states, *["visible"] * len(names)]
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" state="{kept[number - 1]}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    properties = '<workbookPr date1904="1"/>' if since_1904 else "<workbookPr/>"
    return f'<workbook xmlns="{main}" xmlns:r="{office}">{properties}<sheets>{sheets}</sheets></workbook>'


def _styles(main: str) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for number, code in enumerate(CODES, 164)
    )
    styles = "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in STYLES)
    # The styles that others are based on are not those of cells.
    based = '<cellStyleXfs count="1"><xf numFmtId="9"/></cellStyleXfs>'
    return f'<styleSheet xmlns="{main}"><numFmts>{codes}</numFmts>{based}<cellXfs>{styles}</cellXfs></styleSheet>'


HEADS = ["Number", "Share", "Price", "Due", "At", "Done", "Code", "Sum", "Note"]
EXCEL = book(
    '<row r="1" spans="1:9">' + "".join(f'<c r="{"ABCDEFGHI"[n]}1" t="s"><v>{n}</v></c>' for n in range(9)) + "</row>"
    '<row r="2" spans="1:9"><c r="A2" s="1"><v>7</v></c><c r="B2" s="3"><v>0.12</v></c>'
    '<c r="C2" s="2"><v>1234.5</v></c>'
    '<c r="D2" s="4"><v>46145</v></c><c r="E2" s="5"><v>46145.583333333336</v></c><c r="F2" t="b"><v>1</v></c>'
    '<c r="G2" t="s"><v>9</v></c><c r="H2"><f>1+2</f><v>3</v></c><c r="I2" t="s"><v>10</v></c></row>'
    '<row r="3" spans="1:9"><c r="A3" s="1"><v>12</v></c><c r="B3" s="6"><v>5.0000000000000001E-3</v></c>'
    '<c r="C3" s="2"><v>-5</v></c><c r="D3" s="4"><v>46387</v></c><c r="E3" s="5"/><c r="F3" t="b"><v>0</v></c>'
    '<c r="G3" t="e"><v>#N/A</v></c><c r="H3"><v>0.30000000000000004</v></c><c r="I3" t="s"><v>11</v></c></row>',
    [*HEADS, "000123", "one\ntwo", " spaced "],
)
STRICT = book(
    '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>', ["Name", "Anna"],
    main=STRICT_MAIN, office=STRICT_OFFICE,
)  # fmt: skip


def filtered() -> bytes:
    book = Workbook()
    data = book.active
    data.title = "Data"
    for row, value in ((1, "Item"), (2, "Shown"), (3, "Hidden"), (7, "Shown too")):
        data.cell(row, 1, value)
    data.row_dimensions[3].hidden = data.row_dimensions[5].hidden = True
    old, lists = book.create_sheet("Old", 0), book.create_sheet("Lists")
    old.append(["old"])
    old.sheet_state, lists.sheet_state = "veryHidden", "hidden"
    return saved(book)


def uncalculated() -> bytes:
    book = Workbook()
    for row in (["a", "b", "c"], ["x", "=1+1", "y"], ["z", "=A1"]):
        book.active.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def google() -> bytes:
    """Return a workbook with a thousand rows, most of them empty cells with a style."""
    empty = "".join(f'<row r="{n}" ht="15.75" customHeight="1"><c r="A{n}" s="1"/></row>' for n in range(3, 1001))
    return book(
        '<row r="1"><c r="A1" s="0" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" s="0" t="str"><f>IFERROR(__xludf.DUMMYFUNCTION("x"),"Anna")</f><v>Anna</v></c>'
        '<c r="B2" s="7"><v>46145.0</v></c></row>' + empty,
        ["Name", "Due"],
    )()


def rich() -> bytes:
    texts = [
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>", "a_x005F_b",
        "<si><r><rPr><b/></rPr><t>bold</t></r><r><t xml:space='preserve'> and plain</t></r></si>", "x_x000D_y",
    ]  # fmt: skip
    return book(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>3</v></c></row>',
        texts,
    )()


def inline() -> bytes:
    """Return a workbook whose rows and cells have no references, whose tags have a prefix, and without styles."""
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>Name</x:t></x:is></x:c><x:c/>'
        '<x:c t="str"><x:v>Age</x:v></x:c></x:row><x:row><x:c t="inlineStr"><x:is><x:t>Anna</x:t></x:is></x:c>'
        "<x:c/><x:c><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    return archive(
        {
            "_rels/.rels": _relations([f"{OFFICE}/officeDocument /xl/workbook.xml"]),
            "xl/workbook.xml": _workbook(["Data"], [], False, MAIN, OFFICE),
            "xl/_rels/workbook.xml.rels": _relations([f"{OFFICE}/worksheet /xl/worksheets/Sheet1.xml"]),
            "xl/worksheets/sheet1.xml": sheet,
        }
    )
