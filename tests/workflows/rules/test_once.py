"""Values that a field has once: which are the same, and what a row reads whose value was used."""

from typing import Any

import pytest

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.verdicts import Problem, Verdict
from pipelines_portal.workflows.rules.judge import Rule, Rules
from pipelines_portal.workflows.rules.once import (
    Use,
    add_used,
    digest_of_value,
    has_to_be_free,
    problem_of_use,
    used_values,
)

FIELDS = [
    Field(name="order", title="Order number", type="short_text"),
    Field(name="gross", title="Gross", type="numeric"),
    Field(name="country", title="Country", type="short_text"),
]
ORDER = Rule(7, 1, Kind.ONCE, "order", {"is_number": False})
GROSS = Rule(8, 1, Kind.ONCE, "gross", {"is_number": True})
IN_AUSTRIA = Rule(9, 1, Kind.ONCE, "order", {"is_number": False}, "country", "AT")


@pytest.mark.parametrize(
    ("one", "other", "is_number", "is_same"),
    [
        ("A-1", " a-1 ", False, True),
        ("Cafe\u0301", "CAFÉ", False, True),
        ("Straße", "STRASSE", False, True),
        ("A 1-2", "A 1-2\u200b", False, True),
        ("A 1-2", "A 1-2\ufeff", False, True),
        ("A 1-2", "A\u00a01-2", False, True),
        ("A 1-2", "A  1-2", False, True),
        ("A 1-2", "A 1\u20112", False, True),
        ("A 1-2", "A\u00ad 1-2", False, True),
        ("A 1-2", "\u200fA 1-2", False, True),
        ("A 1-2", "\uff21 1-2", False, True),
        ("A 1-2", "A1-2", False, False),
        ("A 1-2", "A 12", False, False),
        ("007", "7", False, False),
        ("1.0", "1", False, False),
        (12, 12.0, True, True),
        (12, "12.00", True, True),
        ("0.10", 0.1, True, True),
        (1200, "1.2e3", True, True),
        (0, "-0.0", True, True),
        (-1, 1, True, False),
        ("123456789012345678901234567890.0", "123456789012345678901234567890", True, True),
        ("123456789012345678901234567890", "123456789012345678901234567891", True, False),
    ],
)
def test_which_values_are_the_same(one: Any, other: Any, is_number: bool, is_same: bool) -> None:
    digests = [digest_of_value(each, is_number=is_number) for each in (one, other)]
    assert (digests[0] == digests[1]) is is_same


def judge(rule: Rule, use: Use, values: dict[str, Any], *problems: Problem, corrects: int | None = None) -> list[str]:
    verdict = Verdict(values, list(problems))
    uses = dict.fromkeys(used_values([rule], values).items(), use)
    add_used(Rules([rule], FIELDS), verdict, uses, corrects_task=corrects)
    return [f"{each.short} | {each.sentence}" for each in verdict.problems if each.rule]


def test_what_is_said_of_a_used_value() -> None:
    rule = "Order number is used once."
    by = "Sent by Maria, 27 Nov 2026."
    used = Use(task_id=12988, sent=by, corrected_task=12988)
    assert judge(ORDER, used, {"order": "A-1"}) == [f"Sent as 12988 | Sent as 12988. {rule} {by}"]
    assert judge(ORDER, Use(4), {"order": "A-1"}) == [f"Also in row 4 | Also in row 4. {rule}"]
    assert judge(ORDER, Use(corrected_task=3), {"order": "A-1"}) == [f"Used already | Used already. {rule}"]
    assert judge(ORDER, used, {"order": "A-1"}, corrects=12988) == [], "a corrected copy has the value of its task"
    assert judge(ORDER, used, {"order": "A-1"}, corrects=1), "and not that of another task"
    assert judge(ORDER, used, {"order": "A-1"}, Problem("order", "text", "Long", "Too long."), corrects=1) == []
    assert judge(ORDER, used, {"order": " "}) == []


def test_each_rule_is_judged_by_its_own_field() -> None:
    verdict = Verdict({"order": "A-1", "gross": 12})
    add_used(Rules([GROSS, ORDER], FIELDS), verdict, {("order", digest_of_value("A-1", is_number=False)): Use(4)})
    assert [problem.field for problem in verdict.problems] == ["order"]


def test_a_problem_names_a_task_only_to_those_who_may_know_it() -> None:
    uses = [Use(task_id=7, corrected_task=7), Use(corrected_task=7), Use(4, corrected_task=7)]
    rules = Rules([ORDER], FIELDS)
    assert [problem_of_use(rules, ORDER, {"order": "A-1"}, use).task for use in uses] == [7, 0, 0]


def test_an_error_takes_the_place_of_the_warning_of_its_field() -> None:
    warned, other = (
        Problem("order", "warning 3", "Odd", "Odd.", rule=3),
        Problem("gross", "rule 5", "Low", "Low.", rule=5),
    )
    said = judge(ORDER, Use(4), {"order": "A-1"}, warned, other)
    assert [each.split(" | ")[0] for each in said] == ["Low", "Also in row 4"]


def test_it_holds_only_under_its_condition_but_is_always_recorded() -> None:
    germany, austria = {"order": "A-1", "country": "DE"}, {"order": "A-1", "country": "AT"}
    assert judge(IN_AUSTRIA, Use(4), germany) == [] and len(judge(IN_AUSTRIA, Use(4), austria)) == 1
    assert used_values([IN_AUSTRIA], germany).keys() == {"order"}
    assert [has_to_be_free([IN_AUSTRIA], "order", each) for each in (germany, austria)] == [False, True]
    limit = Rule(10, 1, Kind.COMPARE, "gross", {"op": "at least", "number": "1"})
    assert used_values([GROSS, limit], {"gross": "12.0"}) == used_values([GROSS], {"gross": "12"})
    assert not has_to_be_free([GROSS], "order", austria), "the rule is about another field"
