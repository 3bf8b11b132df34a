"""Templates explain each field, and are read with their header."""

import io
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.spreadsheets.templates import header_for, xlsx_template
from pipelines_portal.spreadsheets.writing import csv_lines
from tests.spreadsheets.reading import read_whole
from tests.uploads.reading import read_rows

CHOICES = [f"Choice number {number}" for number in range(60)]
FIELDS = [
    Field(name="text", title="=1+1", required=True),
    Field(name="language", title="Language", type="select", options=[*CHOICES, "=2", "007"]),
    Field(name="second", title="language", type="long_text"),
    Field(name="sure", title="Sure?", type="boolean", required=False),
    Field(name="stars", title="Stars", type="rating", format_hint="Number between 1 and 5"),
    Field(name="amount", title="Amount", type="numeric", format_hint="Number between 1 and 10"),
    Field(name="due", type="datetime"),
    Field(name="other", title="due", type="mystery", format_hint="Whatever\x07 you like"),
]
SCHEMA = Schema(fields=FIELDS)
HEADER = ["=1+1", "language", "second", "Sure?", "Stars", "Amount", "due", "other"]


def load_template(schema: Schema = SCHEMA) -> Workbook:
    return load_workbook(xlsx_template(schema))


def offered(book: Workbook) -> dict[str, list[Any]]:
    """Return the choices of each list, by column."""
    found = {}
    for rule in book["Rows"].data_validations.dataValidation:
        sheet, _, cells = rule.formula1.partition("!")
        found[str(rule.sqref).partition(":")[0]] = [row[0].value for row in book[sheet][cells.replace("$", "")]]
    return found


CSV = "".join(csv_lines(header_for(SCHEMA), [])).encode()


@pytest.mark.parametrize("template", [CSV, xlsx_template(SCHEMA).read()], ids=["csv", "xlsx"])
def test_an_empty_template_is_read_as_its_header(template: bytes) -> None:
    """A title of two fields is replaced by the name, and a title that looks like a formula is a text."""
    whole = read_whole(template)
    assert whole.lines == [(1, HEADER)]
    assert whole.found.remarks == []


def test_choices_are_lists_of_a_range() -> None:
    book = load_template()
    assert offered(book) == {
        "B2": [*CHOICES, "=2", "007"], "D2": ["yes", "no"], "E2": [1, 2, 3, 4, 5],
    }  # fmt: skip
    assert all(len(rule.formula1) < 255 for rule in book["Rows"].data_validations.dataValidation)
    assert [sheet.sheet_state for sheet in book.worksheets] == ["visible", "visible", "hidden"]


def test_text_columns_stay_texts() -> None:
    book = load_template()
    formats = {letter: book["Rows"].column_dimensions[letter].number_format for letter in "ABCDEFGH"}
    assert {letter for letter, code in formats.items() if code == "@"} == {"A", "B", "C", "H"}
    assert all(cell.data_type == "s" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
               if isinstance(cell.value, str))  # fmt: skip


def test_the_second_sheet_explains_each_field() -> None:
    book = load_template()
    rows = [[cell.value for cell in row] for row in book["Fields"].iter_rows()]
    assert rows[0] == ["Column", "Field", "Type", "Required", "Format"]
    assert rows[1][:4] == ["=1+1", "text", "Text", "yes"]
    assert rows[2][4].splitlines()[-1] == "and 12 more in the list"
    assert rows[4] == ["Sure?", "sure", "Yes or no", "no", "yes or no"]
    assert "1 to 10" in rows[6][4]
    assert rows[8][2] == "mystery"


def test_a_filled_template_is_read() -> None:
    book = load_template()
    book["Rows"].append(["007", "=2", None, "yes", 4, 7.5])
    book["Rows"]["B2"].data_type = "s"
    out = io.BytesIO()
    book.save(out)
    given = read_rows("rows.xlsx", out.getvalue(), SCHEMA)
    assert given.rows == [{"text": "007", "language": "=2", "sure": True, "stars": 4, "amount": 7.5}]


def test_a_template_without_choices_has_no_sheet_for_them() -> None:
    book = load_template(Schema(fields=[Field(name="text")]))
    assert book.sheetnames == ["Rows", "Fields"]
