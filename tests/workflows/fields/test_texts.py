"""Numbers and days in texts, in the notations of many countries."""

import pytest

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.checking import check_row
from pipelines_portal.workflows.fields.reading.numbers import number_text, suggest_decimal
from pipelines_portal.workflows.fields.reading.times import suggest_day_first

ZONE = "Europe/Berlin"


def sent(text: str, *, is_day_first: bool, zone: str = ZONE) -> str | None:
    """Return the time that is sent for a text of a file."""
    time = Field(name="time", type="datetime")
    return check_row([time], {"time": text}, Notation("", is_day_first), zone, None).values.get("time")


@pytest.mark.parametrize(
    ("text", "with_comma", "with_point", "unknown"),
    [
        ("1.234,50", "1234.50", None, None), ("1,234.50", None, "1234.50", None), ("1234,5", "1234.5", None, None),
        ("1.234", "1234", "1.234", "1.234"), ("1,234", "1.234", "1234", None), ("0,125", "0.125", None, None),
        ("1 234,5", "1234.5", None, None), ("1\u202f234", "1234", "1234", "1234"),
        ("1'234.50", None, "1234.50", "1234.50"),
        ("1.234,50-", "-1234.50", None, None), ("(1,234.5)", None, "-1234.5", None), ("\u22125", "-5", "-5", "-5"),
        ("12,50 €", "12.50", None, None), ("$1,234.00", None, "1234.00", None),
        ("CHF 1'200.50", None, "1200.50", "1200.50"),
        ("12,5 %", "0.125", None, None), ("5%", "0.05", "0.05", "0.05"), ("100%", "1", "1", "1"),
        ("5,-", "5", "5", "5"), ("-5,-", "-5", "-5", "-5"), ("5,- €", "5", "5", "5"), ("1.000,-", "1000", None, None),
        ("CHF 1'000.--", "1000", "1000", "1000"), ("1,000.\u2014", None, "1000", None),
        ("007", "007", "007", "007"),
        ("12,34,567.8", None, "1234567.8", None), (" 5 ", "5", "5", "5"), ("3 EUR", "3", "3", "3"),
        ("abc", None, None, None), ("", None, None, None), ("%", None, None, None), ("1.2.3", None, None, None),
        ("1e5", None, None, None), ("12.34,5", None, None, None), ("1 23", None, None, None), ("--5", None, None, None),
        ("EUR", None, None, None), ("3.5.2026", None, None, None), ("٣", None, None, None),
        ("9" * 100, None, None, None),
    ],
)  # fmt: skip
def test_texts_are_read_as_numbers(
    text: str, with_comma: str | None, with_point: str | None, unknown: str | None
) -> None:
    """None: the text is not a number."""
    for decimal, number in ((",", with_comma), (".", with_point), ("", unknown)):
        assert number_text(text, decimal) == (text if number is None else number)


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["12", "1.234,50"], ","), (["1,234.50"], "."), (["1234,5"], ","), (["0.5"], "."), (["1.234.567"], ","),
        (["1.234"], ""), (["12", "x", ""], ""), ([], ""), (["1,5", "2.5"], ""), (["0,125"], ","), (["1 234,5"], ","),
        (["1.234", "5,5", "1,234"], ","), (["$1,234.00", "5 %"], "."), (["1234,567"], ","), (["03.05.2026"], ""),
    ],
)  # fmt: skip
def test_the_decimal_mark_is_detected_from_the_numbers(texts: list[str], decimal: str) -> None:
    assert suggest_decimal(texts) == decimal


@pytest.mark.parametrize(
    ("text", "day_first", "month_first"),
    [
        ("03.05.2026", "2026-05-02T22:00:00Z", "2026-05-02T22:00:00Z"),
        ("3/5/26 14:00", "2026-05-03T12:00:00Z", "2026-03-05T13:00:00Z"),
        ("2026-05-03", "2026-05-02T22:00:00Z", "2026-05-02T22:00:00Z"),
        ("2026-05-03T14:00:00", "2026-05-03T12:00:00Z", "2026-05-03T12:00:00Z"),
        ("2026/5/3", "2026-05-02T22:00:00Z", "2026-05-02T22:00:00Z"), ("20260503", "2026-05-02T22:00:00Z",
        "2026-05-02T22:00:00Z"), ("05/23/2026", "2026-05-22T22:00:00Z", "2026-05-22T22:00:00Z"),
        ("23/05/2026 2:30 PM", "2026-05-23T12:30:00Z", "2026-05-23T12:30:00Z"),
        ("May 3, 2026", "2026-05-02T22:00:00Z", "2026-05-02T22:00:00Z"),
        ("3 May 2026 14:00", "2026-05-03T12:00:00Z", "2026-05-03T12:00:00Z"),
        ("3-May-26", "2026-05-02T22:00:00Z", "2026-05-02T22:00:00Z"),
        ("03.05.2026, 14:05:06", "2026-05-03T12:05:06Z", "2026-05-03T12:05:06Z"),
        ("3.5.2026 14:00 Uhr", "2026-05-03T12:00:00Z", "2026-05-03T12:00:00Z"),
        ("1.2.70", "1970-01-31T23:00:00Z", "1970-01-31T23:00:00Z"),
    ],
)  # fmt: skip
def test_texts_are_read_as_days(text: str, day_first: str, month_first: str) -> None:
    """Midnight in Berlin is the previous evening in UTC."""
    assert (sent(text, is_day_first=True), sent(text, is_day_first=False)) == (day_first, month_first)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-03T14:00Z", "2026-05-03 14:00+02:00", "31.02.2026", "x", "", "14:00", "1.2", "12/12/26 13:00 PM",
        "3.5.2026 25:00", "1234567", "0001-01-01", "2026-W18-1", "9" * 100, "3.5.2026 or so", "13/13/2026",
    ],
)  # fmt: skip
def test_a_time_with_an_offset_and_an_invalid_day_stay_texts(text: str) -> None:
    assert sent(text, is_day_first=True) in (text, None)


def test_a_time_in_an_unknown_zone_is_none() -> None:
    assert sent("03.05.2026", is_day_first=True, zone="Mars/Olympus") is None


@pytest.mark.parametrize(
    ("texts", "day_first"),
    [(["3/23/2026"], False), (["23/3/2026", "1/2/2026"], True), (["1/2/2026"], True), ([], True),
     (["1/13/26", "2/14/26", "13/1/26"], False), (["5/12/2026"], True), (["12/5/2026", "5/13/2026"], False),
     (["13/5/2026", "13/6/2026", "5/14/2026"], True)],
)  # fmt: skip
def test_the_order_of_day_and_month_is_detected(texts: list[str], day_first: bool) -> None:
    assert suggest_day_first(texts) is day_first
