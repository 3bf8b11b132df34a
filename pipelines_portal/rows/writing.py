"""Rows written as files that come back the same."""

import io
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook


def xlsx_bytes(header: list[str], rows: Iterable[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (header, *rows):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
