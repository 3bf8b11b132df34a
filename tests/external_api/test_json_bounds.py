"""The answers to JSON that is expensive to read. The figures are in bench/hostile_files.py."""

import json
from typing import Any

import pytest
from requests import Response

from pipelines_portal.external_api.http import strict_json
from pipelines_portal.external_api.models import Task
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant, make_tasks
from tests.external_api.server import Api

GOOD = {"input_text": "Hello world", "target_language": "French"}


def post(server: Api, tenant: Tenant, workflow: Any, body: str) -> Response:
    headers = {"Content-Type": "application/json"}
    return server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=body.encode(), headers=headers)


def test_of_many_unknown_fields_ten_are_named(server: Api, tenant: Tenant) -> None:
    """S133: of 20,000 in one task the rest is a number, and the counts add up."""
    workflow = tenant.workflow()
    rows = [{f"unknown_{number}": 1 for number in range(20_000)}, GOOD]
    answer = post(server, tenant, workflow, json.dumps({"tasks": [{"fields": row} for row in rows]})).json()
    assert (answer["success_count"], answer["error_count"]) == (1, 1)
    messages = [error["message"] for error in answer["errors"]]
    assert messages[:10] == [f"Unknown field: unknown_{number}" for number in range(10)]
    assert messages[10:] == ["… and 19,991 more problems"]


def test_unknown_fields_beside_missing_and_wrong_ones(server: Api, tenant: Tenant) -> None:
    """S133: unknown fields come first, then missing ones, then invalid ones."""
    workflow = tenant.workflow()
    row = {f"unknown_{number}": 1 for number in range(8)} | {"target_language": "Klingon"}
    body = json.dumps({"tasks": [{"fields": row}, {"fields": GOOD}]})
    messages = [error["message"] for error in post(server, tenant, workflow, body).json()["errors"]]
    assert messages[8:] == [
        "Missing required columns: input_text",
        "Invalid value for target_language: must be one of French, German, Spanish",
    ]


FEW = 1_000


@pytest.fixture
def few_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow a thousand values: the bench has what 1,250,000 cost."""
    assert strict_json.MAX_VALUES == 1_250_000
    monkeypatch.setattr(strict_json, "MAX_VALUES", FEW)


@pytest.mark.usefixtures("few_values")
@pytest.mark.parametrize(
    "filling",
    ["1," * (FEW + 1) + "1", "[]," * (FEW + 1) + "1", '"a\\"b,",' * (FEW + 1) + "1"],
    ids=["numbers", "lists", "texts"],
)
def test_too_many_values_are_422(server: Api, tenant: Tenant, filling: str) -> None:
    """S83: the message says what to do, whatever the values are."""
    answer = post(server, tenant, tenant.workflow(), f'{{"tasks": [{{"fields": {{"input_text": [{filling}]}}}}]}}')
    expected = "body: more than 1,000 values; send fewer tasks at once"
    assert error_of(answer) == (422, "validation_error", expected)


@pytest.mark.usefixtures("few_values")
@pytest.mark.parametrize(
    "text", ["a,[{" * FEW, '\\",' * FEW, "a,\\\\" * FEW], ids=["brackets", "quotes", "backslashes"]
)
def test_punctuation_in_a_text_does_not_count_as_values(server: Api, tenant: Tenant, text: str) -> None:
    """S6, S68: a long table or a program in a field is one value."""
    workflow = tenant.workflow()
    body = f'{{"tasks": [{{"fields": {{"input_text": "{text}", "target_language": "French"}}}}]}}'
    assert post(server, tenant, workflow, body).json()["success_count"] == 1


def test_ids_of_batches_and_single_tasks_do_not_collide(tenant: Tenant) -> None:
    """S124: both get their ids from the database's own counter."""
    workflow = tenant.workflow()
    ids = []
    for _ in range(3):
        ids += make_tasks(workflow, 5)
        ids.append(Task.objects.create(workflow=workflow, status="pending").pk)
    Task.objects.filter(pk=ids[-1]).delete()
    ids += make_tasks(workflow, 2)
    assert ids == sorted(set(ids))
