"""Tables as files: times that spreadsheets understand, and cells that are never formulas."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from pipelines_portal.spreadsheets import writing
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.writing import csv_lines
from tests.spreadsheets.reading import read_whole, xlsx_bytes

MOMENT = datetime(2026, 11, 30, 8, 12, 0, 987654, UTC)


def in_vienna(write: Any, *values: Any) -> Any:
    with timezone.override("Europe/Vienna"):
        return write(["a"], [values])


def cells_of(*values: Any) -> Any:
    return load_workbook(io.BytesIO(in_vienna(xlsx_bytes, *values))).worksheets[0][2]


def test_a_time_is_that_of_the_persons_clock() -> None:
    """Also if the rows of a CSV file are read after the request, which has ended its time zone by then."""
    _, line = in_vienna(csv_lines, MOMENT)
    assert line == '"2026-11-30 09:12:00"\r\n'
    (cell,) = cells_of(MOMENT)
    assert (cell.value, cell.number_format) == (datetime(2026, 11, 30, 9, 12), "yyyy-mm-dd hh:mm:ss")


def test_times_that_a_spreadsheet_does_not_know_are_texts() -> None:
    first, last = (edge.replace(tzinfo=UTC) for edge in (datetime.min, datetime.max))
    assert [cell.value for cell in cells_of(first, last)] == ["0001-01-01 01:05:21", datetime(9999, 12, 31, 23, 59, 59)]


@pytest.mark.parametrize("text", ["=1+1", "https://acme.example", "#N/A", "12", "<r><t>x</t></r>", "<r></r>", "\ud800"])
def test_a_text_of_a_spreadsheet_is_a_text(text: str) -> None:
    """Neither a formula, a link, an error, a number nor a text with formats of its own."""
    (cell,) = cells_of(text)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text.replace("\ud800", "\ufffd"), "s", None)


def test_values_keep_their_kind() -> None:
    values = [7, 0.5, True, None, ["a", 1], 10**20, float("inf")]
    written = next(csv.reader(io.StringIO([*csv_lines(["a"], [values])][1])))
    assert written == ["7", "0.5", "true", "", '["a", 1]', "1" + "0" * 20, "Infinity"]
    assert [cell.value for cell in cells_of(*values)] == [7, 0.5, True, None, '["a", 1]', "1" + "0" * 20, "Infinity"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_time_is_imported_as_it_was_written(form: str) -> None:
    data = xlsx_bytes(["Due"], [[MOMENT]]) if form == "xlsx" else "".join(csv_lines(["Due"], [[MOMENT]])).encode()
    assert read_whole(data).texts == [["Due"], ["2026-11-30 08:12:00"]]


def test_what_does_not_fit_into_a_spreadsheet_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("x" * 32_768, "\U0001f600" * 16_384):
        with pytest.raises(RowsFileError, match="too long for a spreadsheet cell"):
            xlsx_bytes(["a"], [[text]])
    monkeypatch.setattr(writing, "MOST_XLSX_ROWS", 2)
    assert len(read_whole(xlsx_bytes(["a"], [["x"], ["y"]])).lines) == 3
    with pytest.raises(RowsFileError, match="more than 2 rows"):
        xlsx_bytes(["a"], [["x"], ["y"], ["z"]])
