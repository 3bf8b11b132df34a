"""Rows as a CSV to be saved, which a spreadsheet shows and does not run."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from pipelines_portal.core.formulas import safe_cell

BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something else


def csv_response(file_name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """`rows` to be saved under `file_name`, written as they are read. No cell runs as a formula."""
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A CSV line by line. Texts are quoted, so that no separator in one can be taken for that of the file."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield BOM
    for row in rows:
        yield writer.writerow(map(safe_cell, row))


class _Echo:
    def write(self, line: str) -> str:
        return line
