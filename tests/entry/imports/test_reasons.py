"""Which errors share a line, and so a remedy."""

from collections.abc import Iterable
from typing import Any

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.models import ErrorGroup
from pipelines_portal.entry.rows.reasons import Reason, reasons_in, select_groups
from pipelines_portal.workflows.fields.verdicts import BROKEN, TWO_NUMBERS
from tests import samples


def groups(values: Iterable[str], **more: Any) -> list[Any]:
    """One group of two rows for each value of the field for stars."""
    made: list[Any] = []
    for number, value in enumerate(values, start=1):
        given = {"kind": "number", "message": "Stars isn’t a number from 1 to 5."} | more
        made.append(ErrorGroup(pk=number, field_name="stars", value=value, **given))
        made[-1].row_count = 2
    return made


def reasons(found: list[Any]) -> list[Reason]:
    return reasons_in(found, Schema.model_validate({"workflow_id": 42, "fields": samples.EVERY_TYPE}))


def test_a_few_wrong_numbers_have_a_line_each() -> None:
    found = groups(["hoch", "6", "0"])
    assert [(reason.values, reason.count) for reason in reasons(found)] == [(["hoch"], 2), (["6"], 2), (["0"], 2)]
    assert [select_groups(found, reason.key) for reason in reasons(found)] == [[each] for each in found]


def test_many_wrong_numbers_share_a_line() -> None:
    assert [reason.count for reason in reasons(groups("6789xy"))] == [12]
    assert [reason.count for reason in reasons(groups(["6", "7", ""]))] == [6]


def test_broken_rules_and_doubtful_numbers_share_a_line() -> None:
    for kind in (f"{BROKEN}7", TWO_NUMBERS):
        assert [reason.count for reason in reasons(groups(["6", "7"], kind=kind))] == [4]
