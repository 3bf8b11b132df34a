"""Rules of a team: what each kind stops, what it says, and that all roads know them."""

from datetime import UTC, datetime
from time import process_time
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis.strategies import text

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.checking import check_row
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.verdicts import Problem, Verdict
from pipelines_portal.workflows.rules.judge import Rule, Rules, is_accepted, mark_of
from pipelines_portal.workflows.rules.masks import MOST_MISSING, count_missing, fits, looking_like, mask_of, words_of

FIELDS = [
    Field(name="number", title="Order number", type="short_text"),
    Field(name="net", title="Net", type="numeric"),
    Field(name="gross", title="Gross", type="numeric"),
    Field(name="received", title="Received at", type="datetime"),
    Field(name="shipped", title="Shipped at", type="datetime"),
    Field(name="country", title="Country", type="select", options=["AT", "CH", "DE", "TR"]),
    Field(name="priority", title="Priority", type="rating", format_hint="1-5"),
    Field(name="paid", title="Paid", type="boolean"),
    Field(name="notes", title="Notes", type="long_text"),
]


def rule(kind: Kind, field: str, value: dict[str, Any] | None = None, **more: Any) -> Rule:
    return Rule(7, 1, kind, field, value or {}, **more)


PATTERN = rule(Kind.PATTERN, "number", looking_like("A-123456"))
GROSS = rule(Kind.COMPARE, "gross", {"op": "at least", "other": "net"})
HIGH = rule(Kind.COMPARE, "gross", {"op": "at most", "number": 25000})
DEARER = rule(Kind.COMPARE, "gross", {"op": "more than", "other": "net"})
CHEAPER = rule(Kind.COMPARE, "net", {"op": "less than", "number": 5})
FUTURE = rule(Kind.COMPARE, "received", {"op": "at most", "days": 0})
OLD = rule(Kind.COMPARE, "received", {"op": "at least", "days": -30})
PAST = rule(Kind.COMPARE, "received", {"op": "at least", "days": 0})
AHEAD = rule(Kind.COMPARE, "received", {"op": "at most", "days": 30})
SHIPPED = rule(Kind.COMPARE, "shipped", {"op": "at least", "other": "received"})
COUNTRY = rule(Kind.ONE_OF, "country", {"values": ["AT", "CH", "DE"]})
AMOUNTS = rule(Kind.ONE_OF, "gross", {"values": ["12.50", "0047", 7]})
CODES = rule(Kind.ONE_OF, "number", {"values": ["0047"]})
DEAR = rule(Kind.FILLED, "notes", when="gross", is_value="7.50")
NOTES = rule(Kind.FILLED, "notes", when="priority", is_value=5)
PAID = rule(Kind.FILLED, "number", when="paid", is_value=True)


@pytest.mark.parametrize(
    ("broken", "typed", "short", "sentence"),
    [
        (PATTERN, {"number": "A-10439"}, "Not like A-123456",
         "Write it like A-123456."),
        (PATTERN, {"number": "A-104391"}, "", ""),
        (PATTERN, {"number": ""}, "", ""),
        (GROSS, {"net": "10", "gross": "9.99"}, "Below Net", "Gross is below Net."),
        (GROSS, {"net": "10", "gross": "10.00"}, "", ""),
        (GROSS, {"gross": "9"}, "", ""),
        (DEARER, {"net": "10", "gross": "10"}, "Not above Net", "Gross is not above Net."),
        (CHEAPER, {"net": "5"}, "Not below 5", "Net is not below 5."),
        (HIGH, {"gross": "25000"}, "", ""),
        (HIGH, {"gross": "25000.01"}, "Above 25,000", "Gross is above 25,000."),
        (HIGH, {"gross": "202601010112233.5"}, "Above 25,000", "Gross is above 25,000."),
        (HIGH, {"gross": "20260101.112233445566"}, "Above 25,000", "Gross is above 25,000."),
        (FUTURE, {"received": "2999-01-01T00:00:00Z"}, "In the future",
         "Received at is in the future."),
        (FUTURE, {"received": "2020-01-01T00:00:00Z"}, "", ""),
        (OLD, {"received": "2020-01-01T00:00:00Z"}, "Over 30 days ago",
         "Received at is over 30 days ago."),
        (PAST, {"received": "2020-01-01T00:00:00Z"}, "In the past",
         "Received at is in the past."),
        (AHEAD, {"received": "2999-01-01T00:00:00Z"}, "Over 30 days ahead",
         "Received at is over 30 days ahead."),
        (SHIPPED, {"received": "2026-01-01T00:00:00Z", "shipped": "2025-01-01T00:00:00Z"}, "Before Received at",
         "Shipped at is before Received at."),
        (COUNTRY, {"country": "TR"}, "Not allowed", "Not one of AT, CH or DE."),
        (COUNTRY, {"country": "CH"}, "", ""),
        (AMOUNTS, {"gross": "12.5"}, "", ""),
        (AMOUNTS, {"gross": "47"}, "", ""),
        (AMOUNTS, {"gross": "48"}, "Not allowed", "Not one of 12.50, 0047 or 7."),
        (CODES, {"number": "47"}, "Not allowed", "Not one of 0047."),
        (DEAR, {"gross": "7.5"}, "Required", "Notes is missing: Gross is 7.50."),
        (NOTES, {"priority": "5"}, "Required", "Notes is missing: Priority is 5."),
        (NOTES, {"priority": "4"}, "", ""),
        (PAID, {"paid": "Yes"}, "Required", "Order number is missing: Paid is Yes."),
        (PAID, {"paid": "No"}, "", ""),
    ],
)  # fmt: skip
def test_each_kind_stops_what_it_says(broken: Rule, typed: dict[str, str], short: str, sentence: str) -> None:
    verdict = check_row(FIELDS, typed, Notation("."), "UTC", datetime.now(UTC), [broken])
    assert [(each.short, each.sentence) for each in verdict.problems] == ([(short, sentence)] if short else [])


@pytest.mark.parametrize(
    ("typed", "short"), [("A-1", ""), ("A-1\u200b", ""), ("A-2", "Not in Codes"), ("A-2\u200b", "Not in Codes")]
)
def test_a_code_is_looked_up_as_it_is_and_as_people_see_it(typed: str, short: str) -> None:
    codes = Mock(has_code=lambda code: code == "A-1", has_code_in_other_case=lambda code: False, entry_count=1)
    codes.name = "Codes"
    verdict = Verdict({"number": typed})
    Rules([rule(Kind.ONE_OF, "number", codes=codes)], FIELDS).judge(verdict, datetime.now(UTC), {})
    assert [each.short for each in verdict.problems] == ([short] if short else [])


def test_a_message_replaces_the_sentence() -> None:
    own = rule(Kind.COMPARE, "gross", {"op": "at most", "number": 5}, message="Ask Maria above 5.")
    (problem,) = check_row(FIELDS, {"gross": "6"}, Notation("."), "UTC", None, [own]).problems
    assert problem.sentence == "Above 5. Ask Maria above 5." and problem.kind == "rule 7" and problem.field == "gross"


def test_an_acceptance_does_not_depend_on_the_order_of_names() -> None:
    """PostgreSQL stores the names of an object in an order of its own."""
    one, other = ({"number": value} for value in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert mark_of(PATTERN, one) == mark_of(PATTERN, other)


@pytest.mark.parametrize(
    ("reason", "needs_reason", "is_kept"),
    [("Agreed", True, True), ("", True, False), (" \u200b", True, False), ("", False, True), (None, False, False)],
)
def test_a_warning_is_accepted_by_its_mark_and_reason(reason: str | None, needs_reason: bool, is_kept: bool) -> None:
    warning = Problem("gross", "warning 7", "High", "High.", mark="7.1.a", needs_reason=needs_reason)
    accepted = {"7.1.b": "Another"} | ({} if reason is None else {warning.mark: reason})
    assert is_accepted(warning, accepted) is is_kept


def test_of_two_warnings_of_a_field_the_first_is_told() -> None:
    high, dear = (
        Rule(pk, 1, Kind.COMPARE, "gross", {"op": "at most", "number": limit}, is_warning=True)
        for pk, limit in ((7, 5), (8, 6))
    )
    verdict = check_row(FIELDS, {"gross": "9"}, Notation("."), "UTC", None, [high, dear])
    assert [each.short for each in verdict.problems] == ["Above 5"]


def test_pipelines_own_errors_come_first_and_a_field_has_one_error() -> None:
    verdict = check_row(FIELDS, {"gross": "many", "net": "7"}, Notation("."), "UTC", None, [GROSS, HIGH])
    assert [each.kind.startswith("rule") for each in verdict.problems] == [False]
    verdict = check_row(FIELDS, {"gross": "26000", "net": "30000"}, Notation("."), "UTC", None, [HIGH, GROSS])
    assert [each.short for each in verdict.problems] == ["Above 25,000"]


def test_a_rule_whose_field_is_gone_stops_nothing() -> None:
    assert not check_row(FIELDS[2:], {"gross": "1"}, Notation("."), "UTC", None, [GROSS]).problems
    assert Rules([GROSS], FIELDS[2:]).sentence(GROSS) == "Gross is at least net"


@pytest.mark.parametrize(
    ("mask", "text", "is_kept"),
    [
        ("A-######", "A-104391", True), ("A-######", "A-10439", False), ("A-######", "A-1043910", False),
        ("A-######", "a-104391", False), ("A-######", "A_104391", False), ("A-######", "A", False),
        ("A-######", "A-104391 ", False), ("A-######", "A-10439x", False), ("A-######", "A-10439\u0663", False),
        ("@@@", "a\u00c4\u4e2d", True), ("@@@", "aa1", False), ("@@@", "aa_", False),
        ("#?#?#", "1", True), ("#?#?#", "123", True), ("#?#?#", "1234", False), ("?##", "1", True), ("?##", "", False),
        ("A?-#", "A1", True), ("A?-#", "A-1", True), ("A?-#", "A--1", False),
        ("\\##", "#1", True), ("\\##", "11", False), ("\\?@", "?a", True), ("\\\\", "\\", True), ("A?", "A?", True),
        ("a.b", "a.b", True), ("a.b", "axb", False), ("(#", "(1", True), ("A" * 201, "A" * 201, False),
    ],
)  # fmt: skip
def test_a_mask_takes_what_it_says(mask: str, text: str, is_kept: bool) -> None:
    assert fits(mask, text) is is_kept


@settings(deadline=None)
@given(text(max_size=200))
def test_an_example_fits_its_mask(example: str) -> None:
    assert fits(mask_of(example), example)


def test_case_may_be_ignored() -> None:
    assert fits("AB-#", "ab-1", ignores_case=True) and not fits("AB-#", "ab-1")


@pytest.mark.parametrize("mask", ["?@?a" * 5 + "!", "?#" * 10 + "!", "?#1" * 10 + "!", "?@a" * 10 + "!"])
def test_masks_are_fast_for_texts_that_they_take_in_many_ways(mask: str) -> None:
    """A file may have 100,000 of them."""
    assert count_missing(mask) == MOST_MISSING
    before = process_time()
    assert not any(fits(mask, each * 200) for each in ("a", "1") for _ in range(50))
    assert process_time() - before < 0.3


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("R####-#####", "“R”, 4 digits, “-”, 5 digits"),
        ("@?@#", "1 to 2 letters, a digit"),
        ("?#?#a?@", "up to 2 digits, “a”, a letter or nothing"),
        ("A?-\\#", "“A”, “-” or nothing, “#”"),
    ],
)
def test_masks_are_told_in_words(mask: str, words: str) -> None:
    assert words_of(mask) == words
