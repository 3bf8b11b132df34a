"""Downloads of CSV files."""

from collections.abc import Iterable
from typing import Any

from django.http import StreamingHttpResponse

from pipelines_portal.core.csv_files import csv_lines


def csv_response(file_name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """Return a download of `rows`, which are written while they are read. No cell runs as a formula."""
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
