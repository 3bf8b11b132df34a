"""Spreadsheets of any number of rows, and openpyxl's bare reading of them."""

import random
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

CHOICES = ("French", "German", "Spanish", "Czech", "Dutch")


def write_workbook(path: Path, rows: int) -> None:
    """Write numbers with leading zeros, texts, dates, percentages, long numbers and choices below a header."""
    chance = random.Random(rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["Number", "Title", "Due", "Share", "Reference", "Language"])
    for number in range(rows):
        due = WriteOnlyCell(sheet, datetime(2026, 1, 1 + number % 28))
        due.number_format = "dd.mm.yyyy"
        share = WriteOnlyCell(sheet, chance.random())
        share.number_format = "0.0%"
        title = f"Title {chance.random()} of row {number}"
        sheet.append([f"{number:06d}", title, due, share, 10**14 + number, chance.choice(CHOICES)])
    book.save(path)


def read_bare(path: Path) -> None:
    sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    assert sum(1 for _ in sheet.iter_rows(values_only=True)) > 1
