"""Write the files of LibreOffice. Run it by hand with `soffice` installed. The tests need only the files."""

import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

HERE = Path(__file__).parent


def workbook(path: Path, formats: bool) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.title = "Rows"
    head = ["Number", "Title", "Share", "Due", "Done", "Sum"]
    rows = [
        ["000123", "One, two", 0.125, datetime(2026, 5, 3), True, "=C2+1"],
        ["000124", 'Say "x"', 1, datetime(2026, 12, 31), False, "=C3+1"],
        ["000125", "Hidden", 0.5, datetime(2027, 1, 1), True, "=1/0"],
    ]
    for row in (head, *rows) if formats else ([line[:4] for line in (head, *rows[:2])]):
        sheet.append(row)
    for row in range(2, 5):
        sheet.cell(row, 3).number_format = "0.0%"
        sheet.cell(row, 4).number_format = "dd.mm.yyyy" if formats else "yyyy-mm-dd"
    if formats:
        sheet.row_dimensions[4].hidden = True
        sheet.merge_cells("A6:B6")
    book.save(path)


def convert(source: Path, kind: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = ["soffice", "--headless", "--convert-to", kind, "--outdir", folder, str(source)]
        subprocess.run(command, check=True, capture_output=True)
        (HERE / name).write_bytes(next(Path(folder).iterdir()).read_bytes())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        full, simple, text = (Path(folder) / name for name in ("full.xlsx", "simple.xlsx", "text.csv"))
        workbook(full, formats=True)
        workbook(simple, formats=False)
        text.write_text("id,name,amount,due\n7,Anna,1234.5,2026-05-03\n8,Zoë,0.25,2026-12-31\n")
        convert(full, "xlsx:Calc MS Excel 2007 XML", "libreoffice.xlsx")
        convert(full, "xls", "libreoffice.xls")
        convert(full, "ods", "libreoffice.ods")
        convert(simple, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true", "libreoffice.csv")
        convert(text, "xlsx:Calc MS Excel 2007 XML", "libreoffice-out-of-csv.xlsx")


if __name__ == "__main__":
    main()
