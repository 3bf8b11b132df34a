"""Spreadsheets in the form in which the named programs write them."""

from pipelines_portal.spreadsheets.files import ReadingOptions

from .case import Case, stored
from .workbooks import EXCEL, STRICT, book, filtered, google, inline, rich, uncalculated

MERGED = """<row r="1"><c r="A1" t="s"><v>0</v></c></row>
<row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" s="0"/><c r="C3" t="s"><v>2</v></c><c r="D3"/></row>
<row r="4"><c r="A4" t="s"><v>3</v></c><c r="B4" t="s"><v>4</v></c>
<c r="C4" t="s"><v>3</v></c><c r="D4" t="s"><v>5</v></c></row>
<row r="5"><c r="A5" t="s"><v>6</v></c><c r="B5"><v>1</v></c><c r="C5" t="s"><v>6</v></c><c r="D5"><v>2.5</v></c></row>
<row r="6"><c r="A6" t="s"><v>7</v></c><c r="B6"><v>2</v></c><c r="C6" t="s"><v>7</v></c><c r="D6"><v>3</v></c></row>"""
MERGED_TEXTS = ["Orders of May", "From", "To", "Name", "Zone", "Price", "Elm", "Oak"]

SPREADSHEETS = [
    Case(
        "Excel", EXCEL,
        {
            1: ["Number", "Share", "Price", "Due", "At", "Done", "Code", "Sum", "Note"],
            2: ["007", "12%", "1234.5", "2026-05-03", "2026-05-03 14:00", "TRUE", "000123", "3", "one\ntwo"],
            3: ["012", "0.5%", "-5", "2026-12-31", "", "FALSE", "#N/A", "0.3", " spaced "],
        },
        values={
            (2, 0): 7, (2, 1): 0.12, (2, 2): 1234.5, (2, 3): "2026-05-03", (2, 4): "2026-05-03T14:00:00", (2, 5): True,
            (2, 6): "000123", (2, 7): "3", (3, 1): 0.005, (3, 2): -5, (3, 7): 0.3,
        },
        remarks=("1 cell has an error",), found={"kind": "xlsx", "sheet": "Sheet1"},
    ),
    Case(
        "Excel, filtered, with hidden sheets", filtered,
        {1: ["Item"], 2: ["Shown"], 3: ["Hidden"], 7: ["Shown too"]},
        found={
            "hidden_rows": 1, "sheet": "Data",
            "sheets": [
                {"name": "Old", "is_hidden": True}, {"name": "Data", "is_hidden": False},
                {"name": "Lists", "is_hidden": True},
            ],
        },
    ),
    Case("a hidden sheet asked for", filtered, {1: ["old"]}, ReadingOptions(sheet="Old"), found={"sheet": "Old"}),
    Case("a sheet that is not there", filtered, options=ReadingOptions(sheet="New"), refused="no sheet called New"),
    Case(
        "Excel of a Macintosh, days since 1904",
        book('<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" s="4"><v>44683</v></c></row>', ["Due"],
             since_1904=True),
        {1: ["Due"], 2: ["2026-05-03"]}, values={(2, 0): "2026-05-03"},
    ),
    Case(
        "merged headers",
        book(MERGED, MERGED_TEXTS, after='<mergeCells count="3"><mergeCell ref="A1:D1"/><mergeCell ref="A3:B3"/>'
             '<mergeCell ref="C3:D3"/></mergeCells>'),
        {
            1: ["Orders of May"], 3: ["From", "", "To"], 4: ["Name", "Zone", "Name", "Price"],
            5: ["Elm", "1", "Elm", "2.5"], 6: ["Oak", "2", "Oak", "3"],
        },
        header=2, remarks=("3 merged ranges",),
    ),
    Case(
        "formulas that were never calculated", uncalculated, {1: ["a", "b", "c"], 2: ["x", "", "y"], 3: ["z", ""]},
        remarks=("2 formulas have no stored value",),
    ),
    Case(
        "numbers of more than 15 digits",
        book('<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>0</v></c></row>'
             '<row r="2"><c r="A2"><v>1234567890123450</v></c>'
             '<c r="B2"><v>1.2345678901234567E+19</v></c></row>', ["Card"]),
        {1: ["Card", "Card"], 2: ["1234567890123450", "12345678901234600000"]},
        remarks=("2 numbers have more than 15 digits",),
    ),
    Case("Google Sheets", google, {1: ["Name", "Due"], 2: ["Anna", "2026-05-03"]}, values={(2, 1): "2026-05-03"}),
    Case(
        "Numbers, with a summary in front",
        book('<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>',
             ["Name", "Anna"], names=("Export Summary", "Sheet 1 - Table 1"), at=1),
        {1: ["Name"], 2: ["Anna"]}, ReadingOptions(sheet="Sheet 1 - Table 1"), found={"sheet": "Sheet 1 - Table 1"},
    ),
    Case("Excel, strict Open XML", STRICT, {1: ["Name"], 2: ["Anna"]}),
    Case("letters of many kinds in a cell", rich, {1: ["東京", "a_b"], 2: ["bold and plain", "x\ry"]}),
    Case("a program's own, without references", inline, {1: ["Name", "", "Age"], 2: ["Anna", "", "7"]}),
    Case(
        "LibreOffice", stored("libreoffice.xlsx"),
        {
            1: ["Number", "Title", "Share", "Due", "Done", "Sum"],
            2: ["000123", "One, two", "12.5%", "2026-05-03", "TRUE", "112.50%"],
            3: ["000124", 'Say "x"', "100.0%", "2026-12-31", "FALSE", "200.00%"],
            4: ["000125", "Hidden", "50.0%", "2027-01-01", "TRUE", "#DIV/0!"],
        },
        values={(2, 2): 0.125, (2, 3): "2026-05-03", (2, 4): True}, found={"hidden_rows": 1, "sheet": "Rows"},
        remarks=("1 cell has an error", "1 merged range"),
    ),
    Case(
        "LibreOffice, out of a CSV", stored("libreoffice-out-of-csv.xlsx"),
        {1: ["id", "name", "amount", "due"], 2: ["7", "Anna", "1234.5", "2026-05-03"],
         3: ["8", "Zoë", "0.25", "2026-12-31"]},
        values={(2, 2): 1234.5, (2, 3): "2026-05-03"},
    ),
    Case("LibreOffice, as old Excel", stored("libreoffice.xls"), refused="an old Excel file"),
    Case("LibreOffice, OpenDocument", stored("libreoffice.ods"), refused="an OpenDocument file"),
]  # fmt: skip
