"""JSON made to cost more than it can be worth. The figures are in bench/hostile_files.py; here is what is answered."""

import json
from typing import Any

import pytest
from requests import Response

from pipelines_portal.external_api.http.strict_json import MAX_VALUES
from pipelines_portal.external_api.models import Task
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant, make_tasks
from tests.external_api.server import Server

GOOD = {"input_text": "Hello world", "target_language": "French"}


def post(server: Server, tenant: Tenant, workflow: Any, body: str) -> Response:
    headers = {"Content-Type": "application/json"}
    return server.post(f"/workflows/{workflow.pk}/tasks", key=tenant.key, data=body.encode(), headers=headers)


def test_all_unknown_fields_are_counted_and_ten_told(server: Server, tenant: Tenant) -> None:
    """S133: 200,000 in one task beside a good one: counts add up, the rest is a number."""
    workflow = tenant.workflow()
    rows = [{f"unknown_{number}": 1 for number in range(200_000)}, GOOD]
    answer = post(server, tenant, workflow, json.dumps({"tasks": [{"fields": row} for row in rows]})).json()
    assert (answer["success_count"], answer["error_count"]) == (1, 1)
    messages = [error["message"] for error in answer["errors"]]
    assert messages[:10] == [f"Unknown field: unknown_{number}" for number in range(10)]
    assert messages[10:] == ["… and 199,991 more problems"]


def test_unknown_fields_beside_missing_and_wrong_ones(server: Server, tenant: Tenant) -> None:
    """S133: in the order unknown, missing, invalid, however many of the first there are."""
    workflow = tenant.workflow()
    row = {f"unknown_{number}": 1 for number in range(8)} | {"target_language": "Klingon"}
    body = json.dumps({"tasks": [{"fields": row}, {"fields": GOOD}]})
    messages = [error["message"] for error in post(server, tenant, workflow, body).json()["errors"]]
    assert messages[8:] == [
        "Missing required columns: input_text",
        "Invalid value for target_language: must be one of French, German, Spanish",
    ]


@pytest.mark.parametrize(
    "filling",
    ["1," * (MAX_VALUES + 1) + "1", "[]," * (MAX_VALUES + 1) + "1", '"a\\"b,",' * (MAX_VALUES + 1) + "1"],
    ids=["numbers", "lists", "texts"],
)
def test_too_many_values_are_422(server: Server, tenant: Tenant, filling: str) -> None:
    """S83: however they are written; nothing is created, and the sentence says what to do."""
    answer = post(server, tenant, tenant.workflow(), f'{{"tasks": [{{"fields": {{"input_text": [{filling}]}}}}]}}')
    expected = "body: more than 1,250,000 values; send fewer tasks at once"
    assert error_of(answer) == (422, "validation_error", expected)


@pytest.mark.parametrize("text", ["a,[{" * 5_000_000, '\\",' * 5_000_000, "a,\\\\" * 5_000_000])
def test_marks_in_a_text_are_no_values(server: Server, tenant: Tenant, text: str) -> None:
    """S6, S68: a table or a program pasted into a field, 20 MB of it, is one value."""
    workflow = tenant.workflow()
    body = f'{{"tasks": [{{"fields": {{"input_text": "{text}", "target_language": "French"}}}}]}}'
    assert post(server, tenant, workflow, body).json()["success_count"] == 1


def test_ids_and_tasks_made_elsewhere_do_not_collide(tenant: Tenant) -> None:
    """S124: the database's own counter gives the ids, to a batch as to a single task."""
    workflow = tenant.workflow()
    ids = []
    for _ in range(3):
        ids += make_tasks(workflow, 5)
        ids.append(Task.objects.create(workflow=workflow, status="pending").pk)
    Task.objects.filter(pk=ids[-1]).delete()
    ids += make_tasks(workflow, 2)
    assert ids == sorted(set(ids))
