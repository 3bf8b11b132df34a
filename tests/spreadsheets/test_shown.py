"""Numbers and days are read as a spreadsheet shows them."""

import pytest

from pipelines_portal.spreadsheets.cells import field_error_of, text_of, value_of
from pipelines_portal.spreadsheets.number_formats import shower


@pytest.mark.parametrize(
    ("code", "written", "shown", "value"),
    [
        ("General", "7", "7", "7"), ("General", "7.0", "7", "7"), ("General", "0.30000000000000004", "0.3", 0.3),
        ("General", "-0", "0", "0"), ("General", "1E+20", "100000000000000000000", "100000000000000000000"),
        ("General", "1.5E-7", "1.5E-07", 1.5e-07), ("General", "12345678901234567890", "12345678901234567890",
        "12345678901234567890"), ("General", "123456789.123456789", "123456789.123457", 123456789.123457),
        ("000", "7", "007", 7), ("000", "-7", "-007", -7), ("000000", "123", "000123", 123), ("0", "7", "7", "7"),
        ("0", "7.5", "8", 7.5), ("0", "-2.5", "-3", -2.5), ("0.0%", "0.123", "12.3%", 0.123),
        ("0%", "0.12", "12%", 0.12),
        ("0%", "0.115", "12%", 0.115), ("#,##0.00", "1234.5", "1,234.50", 1234.5), ("#,##0.00", "0", "0.00", 0),
        ("#,##0.00", "-1234567.891", "-1,234,567.89", -1234567.891), ("#,##0", "12", "12", "12"),
        ("#,##0.00_);[Red]-#,##0.00_)", "-5", "-5.00", -5), ("[Red]0.0", "3", "3.0", 3), ("@", "5", "5", "5"),
        (";;;", "5", "5", "5"), ("", "3.5", "3.5", 3.5), ("#,##0;(#,##0)", "5", "5", "5"),
        ("dd.mm.yyyy", "46145", "2026-05-03", "2026-05-03"), ("d/m/yy;@", "46145", "2026-05-03", "2026-05-03"),
        ("d/m/yyyy h:mm", "46145.583333333336", "2026-05-03 14:00", "2026-05-03T14:00:00"),
        ("yyyy-mm-dd", "46145.5", "2026-05-03 12:00", "2026-05-03T12:00:00"),
        ("yyyy-mm-dd hh:mm", "46145", "2026-05-03 00:00", "2026-05-03T00:00:00"),
        ("[$-407]d. mmmm yyyy", "46145", "2026-05-03", "2026-05-03"), ("h:mm AM/PM", "0.75", "18:00", "18:00:00"),
        ('yyyy"年"m"月"d"日"', "46145", "2026-05-03", "2026-05-03"), ("dddd", "46145", "2026-05-03", "2026-05-03"),
        ("mm:ss.0", "0.5001", "12:00:08", "12:00:08"), ("h:mm:ss", "0.99999999", "00:00:00", "00:00:00"),
        ("yyyy-mm-dd", "1", "1900-01-01", "1900-01-01"), ("yyyy-mm-dd", "61", "1900-03-01", "1900-03-01"),
    ],
)  # fmt: skip
def test_a_number_is_shown_by_its_format(code: str, written: str, shown: str, value: object) -> None:
    cell = shower(code)(written)
    assert (text_of(cell), value_of(cell)) == (shown, value)


@pytest.mark.parametrize(
    ("code", "written", "value"),
    [
        ('#,##0.00 "€"', "1234.5", 1234.5), ("[$€-407] #,##0.00", "5", 5), ('"$"#,##0_);("$"#,##0)', "-1234", -1234),
        ("#,##0;(#,##0)", "-5", -5), ('0;-0;"none"', "0", 0), ("0.00E+00", "0.00012", 0.00012),
        ("(000) 000-0000", "5551234567", 5551234567), ('"Item" 0', "3", 3), ("# ?/?", "0.5", 0.5),
        ("[<10]0.0;0", "30", 30), ('General" kg"', "5", 5), ("#,##0,", "1234567", 1234567),
    ],
)  # fmt: skip
def test_what_a_format_adds_is_not_read(code: str, written: str, value: object) -> None:
    """A field of numbers takes the value. A text would be another one than people see."""
    cell = shower(code)(written)
    assert value_of(cell) == value and field_error_of(cell) == ""
    assert "number format that the portal doesn’t read" in field_error_of(cell, takes_values=False)


def test_a_duration_is_an_error_in_any_field() -> None:
    assert "has a duration" in field_error_of(shower("[h]:mm")("1.5"))


def test_a_workbook_may_count_days_since_1904() -> None:
    assert value_of(shower("dd.mm.yyyy", True)("44683")) == "2026-05-03"


@pytest.mark.parametrize("code", ["General", "0.00", "yyyy-mm-dd"])
@pytest.mark.parametrize("written", ["", "x", "nan", "inf", "1e999", "9" * 500])
def test_texts_that_are_not_numbers(code: str, written: str) -> None:
    with pytest.raises(ValueError):
        shower(code)(written)


@pytest.mark.parametrize("written", ["-1", "2958466", "1e300"])
def test_numbers_that_are_not_days(written: str) -> None:
    with pytest.raises(ValueError):
        shower("yyyy-mm-dd")(written)
