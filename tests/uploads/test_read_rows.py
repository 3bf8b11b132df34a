"""Reading valid and invalid files of every kind."""

import io
import json
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.uploads.given_rows import Corrections
from tests.uploads.reading import RowsRead, read_rows

FIELDS = {
    "photo": "file_upload", "caption": "short_text", "stars": "rating", "amount": "numeric", "sure": "boolean",
    "order": "ranking", "due": "datetime",
}  # fmt: skip
SCHEMA = Schema(fields=[Field(name=name, title=f"The {name}", type=kind) for name, kind in FIELDS.items()])


def read(data: bytes | str, name: str = "rows.csv") -> RowsRead:
    return read_rows(name, data.encode() if isinstance(data, str) else data, SCHEMA)


def workbook(*rows: list[Any]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_recognised(separator: str) -> None:
    text = "\n".join(separator.join(cells) for cells in (["photo", "caption"], ["a.png", "A cat"], ["b.png", "A dog"]))
    assert read(text).rows == [{"photo": "a.png", "caption": "A cat"}, {"photo": "b.png", "caption": "A dog"}]


def test_the_name_comes_before_the_title() -> None:
    given = read("photo,The photo\na.png,b.png\n")
    assert given.rows == [{"photo": "a.png"}]
    assert [column.header for column in given.matching.left_out] == ["The photo"]


def test_cells_are_converted_to_the_types_of_the_fields() -> None:
    given = read('photo,stars,amount,sure,order,caption\na.png,4,2.50,Yes,"b, a",007\n')
    assert given.rows == [
        {"photo": "a.png", "stars": 4, "amount": 2.5, "sure": True, "order": ["b", "a"], "caption": "007"}
    ]


def test_cells_that_cannot_be_read_are_errors() -> None:
    given = read("stars,amount,sure\nfour,1e999,perhaps\nx,nan,1\n")
    assert given.rows == [{}, {"sure": True}]
    assert [[error.value for error in row.errors] for row in given.given] == [
        ["four", "1e999", "perhaps"],
        ["x", "nan"],
    ]
    json.dumps(given.rows, allow_nan=False)


def test_a_number_or_date_with_two_readings_is_an_error_and_not_sent() -> None:
    given = read('photo,amount,due\na.png,"1,234",03/04/2026\n').given[0]
    assert given.values == {"photo": "a.png"}
    assert [(error.field, error.value) for error in given.errors] == [("amount", "1,234"), ("due", "03/04/2026")]


def test_a_correction_takes_the_place_of_the_cell() -> None:
    corrections = Corrections("", {2: {"stars": "4", "sure": "perhaps"}, 3: {"sure": ""}})
    data = b"photo,stars,sure\na.png,four,perhaps\nb.png,5,never\n"
    given = read_rows("rows.csv", data, SCHEMA, corrections).given
    assert given[0].values["stars"] == 4 and [error.field for error in given[0].errors] == ["sure"]
    assert given[1].values == {"photo": "b.png", "stars": 5} and not given[1].errors
    assert corrections.count_right(given) == 2


def test_formulas_are_not_computed() -> None:
    """A formula has the value that was saved with it. A formula without one is empty."""
    given = read(workbook(["photo", "caption"], ["a.png", "=1+1"])).given[0]
    assert given.values == {"photo": "a.png"} and "without a stored value" in given.errors[0].sentence


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target, target.open("xl/workbook.xml", "w") as entry:
        for _ in range(80):
            entry.write(bytes(1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "has no rows"),
        (b"photo,caption\n", "has no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0", "isn’t a text or a spreadsheet"),
        (b"\xff\xfea", "damaged"),
        (b"photo\n" + b"a.png\n" * 5001, "more than 5,000 rows"),
        (",".join(f"c{number}" for number in range(301)).encode() + b"\n1\n", "more than 300 columns"),
        (b"photo\n" + b"x" * (2 * 1024 * 1024) + b"\n", "can’t be read from line"),
        (b"x" * (17 * 1024 * 1024), "larger than 16 MB"),
        (b'[{"photo": "a.png"}]', "is JSON"),
        (b'\xef\xbb\xbf{"photo": "a.png"}\n', "is JSON"),
        (b"PK\x03\x04 nonsense", "can’t be read as a spreadsheet"),
        (bomb(), "larger than 64 MB when unpacked"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(RowsFileError, match=words) as refusal:
        read(data)
    assert refusal.value.advice


def test_five_thousand_rows_are_read() -> None:
    assert len(read(b"photo\n" + b"a.png\n" * 5000).rows) == 5000
