"""Downloads of tables as CSV or XLSX."""

from collections.abc import Iterable, Sequence
from typing import IO, Any

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import register_converter
from django.urls.converters import StringConverter

from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.writing import csv_lines, xlsx_file
from pipelines_portal.web.rendering import render_notice

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FileForm(StringConverter):
    """The end of a download's URL, as `<file_form:form>`."""

    regex = "csv|xlsx"


register_converter(FileForm, "file_form")


def table_response(
    request: HttpRequest, name: str, form: str, header: Sequence[str], rows: Iterable[Iterable[Any]]
) -> HttpResponseBase:
    """Return a download of the table, or a page that says why it doesn't fit into a spreadsheet.

    `rows` of a CSV file are read while it is sent.
    """
    if form == "csv":
        response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response
    try:
        return xlsx_response(name, xlsx_file(header, rows))
    except RowsFileError as error:
        context = {"title": "Download failed", "sentence": f"{error.title} {error.advice}"}
        return render_notice(request, "web/message.html", context, status=422)


def xlsx_response(name: str, file: IO[bytes]) -> FileResponse:
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
