"""Numbers with needless zeros were sent as texts by version 0.1.0. The same numbers are still duplicates of them."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.matching.columns import AS_TYPED, NO_HEADER, Column, Matching
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.submissions.models import NewRow, Submission
from pipelines_portal.values.checking import values_before
from pipelines_portal.values.numbers import json_number, json_number_before
from tests.conftest import EVERY_TYPE
from tests.factories import make_submission, open_workflow
from tests.pages import text_of

OLD: dict[str, Any] = {"short": "A", "sure": True, "amount": "2.50"}


def sent_before(key: Any, workflow_id: int) -> Submission:
    """Store a row as version 0.1.0 sent it."""
    sent = make_submission(key.owner, key, workflow_id, status="created")
    sent.add_rows([NewRow.of(OLD)])
    sent.rows.update(status="created", task_id=1)
    return sent


@pytest.mark.parametrize(
    ("number", "now", "before"),
    [
        ("2.50", 2.5, "2.50"),
        ("2.5", 2.5, 2.5),
        ("12.0", 12, 12.0),
        ("12", 12, 12),
        ("1e3", 1000, "1e3"),
        ("007", 7, 7),
        ("48.20817430000001", "48.20817430000001", 48.20817430000001),
    ],
)
def test_a_number_as_it_is_sent_now_and_was_before(number: str, now: Any, before: Any) -> None:
    read = json_number(number), json_number_before(number)
    assert [(value, type(value)) for value in read] == [(now, type(now)), (before, type(before))]


@pytest.mark.parametrize("typed", ["2.50", "2,50", "2.5"])
def test_a_form_asks_about_the_same_number(page: Any, saved_key: Any, typed: str) -> None:
    workflow = open_workflow(saved_key, EVERY_TYPE)
    sent_before(saved_key, EVERY_TYPE)
    Submission.objects.update(sent_at=Submission.objects.get().created_at)
    form = {"field-short": "A", "field-sure": "true", "field-amount": typed, "token": uuid4()}
    address = reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id])
    answered = page.post(address, form)
    assert answered.status_code == 409 or "before" in text_of(answered)
    assert Submission.objects.count() == 1


def test_a_row_knows_what_was_sent_for_its_cells() -> None:
    """As the number is spelled, and with two decimals, as most prices were."""
    schema = Schema(fields=[Field(name="n", type="numeric"), Field(name="m", type="numeric")])
    row = RowReader(schema, Matching(NO_HEADER, decimal=AS_TYPED)).read([], {"n": "2,500", "m": "2,50"})
    assert row.questions, "it can be 2500 or 2.5"
    row = RowReader(schema, Matching(NO_HEADER, decimal=AS_TYPED)).read([], {"n": "2,50", "m": "2.5"})
    assert (row.values, values_before(row)) == (
        {"n": 2.5, "m": 2.5}, [{"n": "2.50", "m": 2.5}, {"n": "2.50", "m": "2.50"}],
    )  # fmt: skip
    row = RowReader(schema, Matching(NO_HEADER, decimal=AS_TYPED)).read([], {"n": "0.30000000000000004"})
    assert values_before(row) == [{"n": 0.30000000000000004}]
    row = RowReader(schema, Matching(0, [Column("n", "n")])).read([{"t": "12.0", "v": 12.0, "typed": True}])
    assert [type(each["n"]) for each in (row.values, *values_before(row))] == [int, float, str]
