"""A cell becomes a text or a value by its field, and the header line of a table is detected."""

import pytest

from pipelines_portal.api_client import Field
from pipelines_portal.spreadsheets.cells import (
    UNCALCULATED,
    Cell,
    error,
    field_error_of,
    text_of,
    value_of,
    valued,
)
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.spreadsheets.reading import ReadingOptions, likely_header, lines_in, read_lines
from pipelines_portal.workflows.fields.types import type_of
from tests.spreadsheets.reading import BOUNDS, read_whole


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("007", "numeric", "007"), (valued("12%", 0.12), "numeric", 0.12), (valued("12%", 0.12), "short_text", "12%"),
        (valued("03.05.2026", "2026-05-03"), "datetime", "2026-05-03"),
        (valued("03.05.2026", "2026-05-03"), "select", "03.05.2026"), (valued("TRUE", True), "boolean", True),
        (valued("TRUE", True), "long_text", "TRUE"),
        (error("#N/A"), "numeric", "#N/A"), (UNCALCULATED, "short_text", ""),
        ("", "rating", ""),
    ],
)  # fmt: skip
def test_a_cell_is_converted_by_the_type_of_its_field(cell: Cell, kind: str, value: object) -> None:
    assert type_of(Field(name="a", type=kind)).of_cell(value_of(cell), text_of(cell)) == value


def test_problems_of_a_cell_are_reported() -> None:
    assert field_error_of(error("#N/A")) == "has the error #N/A"
    assert "without a stored value" in field_error_of(UNCALCULATED)
    assert (field_error_of("#N/A"), field_error_of(valued("1", 1))) == ("", "")
    assert (text_of(error("#N/A")), text_of(UNCALCULATED)) == ("#N/A", "")


@pytest.mark.parametrize(
    ("lines", "header"),
    [
        ([], 0), ([["a", "b"]], 0), ([["a", "b"], ["1", "2"]], 0), ([["a", "b"], ["x", "y"], ["z", "w"]], 0),
        ([["Orders"], ["a", "b"], ["1", "2"]], 1), ([["Orders", "", "May"], ["a", "b", "c"], ["1", "2", "3"]], 1),
        ([["1", "2"], ["3", "4"]], 0), ([["a", "b", ""], ["x", "", "y"]], 0),
    ],
)  # fmt: skip
def test_the_header_line_is_detected(lines: list[list[Cell]], header: int) -> None:
    assert likely_header(list(enumerate(lines, 1))) == header


def test_the_first_block_contains_all_candidates_for_the_header() -> None:
    data = (("x" * 200_000 + "\n") * 30).encode()
    with read_lines("rows", data, ReadingOptions(), BOUNDS) as reading:
        assert [len(lines_in(block)) for block in reading.blocks] == [20, 2, 2, 2, 2, 2]


def test_a_line_that_is_too_long_is_reported() -> None:
    with pytest.raises(RowsFileError, match="Row 2 of rows has too much text"):
        read_whole(b"a\n" + b",".join([b"x" * 1_000_000] * 5))
