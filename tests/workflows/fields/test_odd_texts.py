"""Texts that once became another value than a person means."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.checking import Native, check_row
from pipelines_portal.workflows.fields.ranking import Ranking
from pipelines_portal.workflows.fields.types import TYPES

NOW = datetime(2026, 11, 27, 16, 4, tzinfo=UTC)
WRONG = "wrong"


def read(known: Field, entered: Any, zone: str = "Europe/Vienna") -> Any:
    verdict = check_row([known], {known.name: entered}, Notation(), zone, NOW)
    return WRONG if verdict.problems else verdict.values.get(known.name)


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        (["A", "B"], "A-", WRONG), (["A", "B"], "-A", WRONG), (["0", "1"], "-1", WRONG), (["1.5", "2"], "1-5", WRONG),
        (["パス", "バス"], "バス", "バス"), (["パス"], "バス", WRONG), (["E-Mail"], "e mail", "E-Mail"),
        (["Türkei"], "turkei", "Türkei"), (["red", "Red"], "RED", WRONG),
    ],
)  # fmt: skip
def test_an_option_is_meant_by_its_letters_and_signs(options: list[str], text: str, value: str) -> None:
    assert read(Field(name="n", type="select", options=options), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-27-05:00", WRONG), ("2026-11-27+01:00", WRONG), ("27 Nov 1630", WRONG), ("10.5", WRONG),
        ("10.5. 9:00", "2027-05-10T07:00:00Z"), ("7.17.26", WRONG), ("1899-12-31", WRONG), ("1854-03-01", WRONG),
        ("25.10.2026 02.30", WRONG), ("29.3.2026 2.30", WRONG), ("27 MÄRZ 2026", "2026-03-26T23:00:00Z"),
        ("27. 11. 2026", "2026-11-26T23:00:00Z"), ("\u200e27 Nov 2026", "2026-11-26T23:00:00Z"),
    ],
)  # fmt: skip
def test_a_time_is_not_guessed(text: str, value: str) -> None:
    expected = "1854-02-28T22:54:39Z" if text.startswith("1854") else value
    assert read(Field(name="n", type="datetime"), text) == expected


def test_a_number_is_no_date_but_of_excel() -> None:
    due = Field(name="n", type="datetime")
    assert [read(due, Native(value, str(value))) for value in (10.5, 7.11, 0, 46001.5, True)] == [WRONG] * 5


def test_a_day_without_midnight_begins_when_it_begins() -> None:
    assert read(Field(name="n", type="datetime"), "6 Sep 2026", "America/Santiago") == "2026-09-06T04:00:00Z"


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        ("Weight in kg, 2-3 decimals", "12.5", 12.5), ("Between 1 and 2 sentences", "4", 4),
        ("Number between 1 and 10", "12", WRONG), ("1-5", "6", WRONG), ("at least 3", "2", WRONG),
        ("at most 5", "6", WRONG), ("at most 5", "5", 5),
        ("at most 5 digits", "1234", 1234), ("Number between 1 and 10.", "10", 10),
    ],
)  # fmt: skip
def test_only_numbers_that_stand_alone_are_limits(hint: str, text: str, value: Any) -> None:
    assert read(Field(name="n", type="numeric", format_hint=hint), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("12345678901234567", 12345678901234567), ("9999999999999999", 9999999999999999), ("4.0000000000000001", WRONG)],
)
def test_a_long_rating_keeps_its_digits(text: str, value: Any) -> None:
    assert read(Field(name="n", type="rating"), text) == value


@pytest.mark.parametrize("ranked", [["Home > Garden", "Toys"], ["Home, Garden"], ["a"], ["[a]"], ["a", "b, c"]])
def test_a_ranking_that_is_shown_is_read_as_itself(ranked: list[str]) -> None:
    known = Field(name="n", type="ranking")
    assert read(known, Ranking(known).as_text(ranked)) == ranked


@pytest.mark.parametrize("value", [[], ["A"], {}, {"a": [1]}, True, 0.5, 10**20, 10**500, float("nan")])
@pytest.mark.parametrize("kind", [*TYPES, "unheard of"])
def test_no_value_of_a_file_breaks_the_check(kind: str, value: Any) -> None:
    read(Field(name="n", type=kind, options=["A", "B"]), Native(value, "shown"))


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("25 Oct 2026 2:30", ["2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"]),
        ("29 Mar 2026 2:30", ["2026-03-29 01:30", "2026-03-29 03:30"]),
    ],
)
def test_a_change_of_clocks_is_asked_about(text: str, answers: list[str]) -> None:
    known = Field(name="n", type="datetime")
    (question,) = check_row([known], {"n": text}, Notation(), "Europe/Vienna", NOW).problems
    assert [answer.text for answer in question.answers] == answers
    assert len({read(known, answer) for answer in answers} - {WRONG}) == 2, "each answer has one meaning"


def test_words_mean_days_of_the_time_zone() -> None:
    assert read(Field(name="n", type="datetime"), "today", "Asia/Tokyo") == "2026-11-27T15:00:00Z"


def test_a_number_of_a_file_is_yes_or_no() -> None:
    known = Field(name="n", type="boolean")
    assert [read(known, Native(value, "x")) for value in (0, 1, 1.0, 2)] == [False, True, True, WRONG]


def test_a_type_unheard_of_takes_json() -> None:
    known = Field(name="n", type="unheard of")
    assert [read(known, text) for text in (' {"a": 1}', "{a}", "[1]")] == [{"a": 1}, "{a}", [1]]


def test_a_long_whole_number_is_sent_as_if_it_were_typed() -> None:
    known = Field(name="n", type="numeric")
    for number in (123456789012345, 1234567890123456):
        assert read(known, Native(number, str(number))) == read(known, str(number))
