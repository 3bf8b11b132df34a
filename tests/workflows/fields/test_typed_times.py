"""Times as people type them."""

from datetime import datetime

import pytest

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.checking import check_row
from pipelines_portal.workflows.fields.reading.times import reading

NOW = datetime(2026, 11, 27, 17, 4, 33)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("now", "2026-11-27 17:04"),
        ("today 5pm", "2026-11-27 17:00"),
        ("Yesterday 4 PM", "2026-11-26 16:00"),
        ("tomorrow at 12am", "2026-11-28 00:00"),
        ("morgen um 9:00", "2026-11-28 09:00"),
        ("27.11. 10:15", "2026-11-27 10:15"),
        ("27. 11. 10.15", "2026-11-27 10:15"),
        ("2.1. 8:00", "2027-01-02 08:00"),
        ("31.12.2025 8:00", "2025-12-31 08:00"),
        ("27 Nov 10:15", "2026-11-27 10:15"),
        ("Nov 27, 2025 10:15", "2025-11-27 10:15"),
        ("2026-11-27T10:15", "2026-11-27 10:15"),
        ("2026-11-27", "2026-11-27 00:00"),
        ("28/11/2026 14:00", "2026-11-28 14:00"),
        ("11/28/2026", "2026-11-28 00:00"),
        ("28/12/2026", "2026-12-28 00:00"),
        ("13/5/2026", "2026-05-13 00:00"),
        ("5/13/2026", "2026-05-13 00:00"),
        ("27 Nov at 9:00", "2026-11-27 09:00"),
        ("27. Nov, um 9:00", "2026-11-27 09:00"),
        ("12/28/2026", "2026-12-28 00:00"),
        ("5/5/2026 4pm", "2026-05-05 16:00"),
        ("10:15", "2026-11-27 10:15"),
        ("5pm", "2026-11-27 17:00"),
        ("8 Uhr", "2026-11-27 08:00"),
        ("gestern 10.15 Uhr", "2026-11-26 10:15"),
        ("fri", "2026-11-27 00:00"),
        ("Sat 9:00", "2026-11-21 09:00"),
        ("Do., um 8 Uhr", "2026-11-26 08:00"),
        ("28 Nov midnight", "2026-11-28 00:00"),
        ("midnight", "2026-11-27 00:00"),
    ],
)
def test_a_time_is_read(text: str, read: str) -> None:
    assert reading(text, NOW) == datetime.fromisoformat(read)


@pytest.mark.parametrize(
    ("text", "now", "year"),
    [("27 Dec", "2027-01-05", 2026), ("5 Jan", "2026-12-27", 2027), ("27 Dec", "2026-12-28", 2026)],
)
def test_a_day_without_a_year_is_the_nearest(text: str, now: str, year: int) -> None:
    found = reading(text, datetime.fromisoformat(now))
    assert found and found.year == year


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "5", "13pm", "25:00", "30.2. 8:00", "27/11 10:15", "3/4/2026", "12/4/2026", "4/12/2026", "soon",
        "mon 8", "frid 8:00", "x" * 9_999,
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_not_read(text: str) -> None:
    assert reading(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "example", "meant"),
    [
        ("3/4/2031", "3 Apr 2031", datetime(2031, 4, 3)),
        ("3/4/2031 10:15", "3 Apr 2031 10:15", datetime(2031, 4, 3, 10, 15)),
        ("3/4/2031 10:15 PM", "3 Apr 2031 22:15", datetime(2031, 4, 3, 22, 15)),
        ("3/4/2031, 4pm", "3 Apr 2031 16:00", datetime(2031, 4, 3, 16)),
    ],
)
def test_each_answer_to_a_date_with_two_meanings_has_one(text: str, example: str, meant: datetime) -> None:
    due = Field(name="due", type="datetime")
    (question,) = check_row([due], {"due": text}, Notation(), "UTC", None).problems
    assert question.sentence == "Is it 3 April or 4 March?"
    first, second = question.answers
    assert (first.text, first.words, second.words) == (example, "3 April", "4 March")
    assert reading(first.text, NOW) == meant
