"""Rows as a CSV to be saved, which a spreadsheet shows and does not run."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something else
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_STARTS_A_FORMULA = ("=", "+", "-", "@")
# Spaces, marks and controls that take no room: a byte order mark, a zero-width space, a direction.
_UNSEEN = "".join(map(chr, [*range(33), 0x7F, 0xA0, 0xAD, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030)]))
_UNSEEN += "".join(map(chr, [0x205F, *range(0x2060, 0x2070), 0x3000, 0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB]))


def csv_response(file_name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """`rows` to be saved under `file_name`, written as they are read. No cell runs as a formula."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BOM
    for row in rows:
        yield writer.writerow(map(safe_cell, row))


class _Echo:
    def write(self, line: str) -> str:
        return line


def safe_cell(value: Any) -> Any:
    """`value` for a CSV cell. A text that would start a formula gets an apostrophe in front; numbers stay numbers."""
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if _may_run(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _may_run(text: str) -> bool:
    """Spreadsheets skip what is not seen in front of a formula, and take its full-width signs for the plain ones."""
    if text.startswith(("\t", "\r", "\n")):
        return True
    seen = text.lstrip(_UNSEEN)
    return unicodedata.normalize("NFKC", seen[:1]).startswith(_STARTS_A_FORMULA)
