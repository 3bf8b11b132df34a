"""A typed task costs two calls, and few queries: one transaction before it is sent, and one after."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.entry.form.test_new import GOOD, SCHEMA, address
from tests.factories import open_workflow
from tests.fake_api import FakeApi, answer, error

TRANSACTION = ("BEGIN", "SAVEPOINT", "RELEASE")


def typed(html: str) -> dict[str, Any]:
    """The form as it is shown, filled in."""
    form = html.partition('id="task-form"')[2]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return hidden | GOOD | {"keep": re.findall(r'name="keep" value="([^"]+)" checked', form), "token": str(uuid4())}


def lines(api: FakeApi) -> list[str]:
    return [f"{request.method} {request.target}" for request in api.requests]


def test_two_calls_and_few_queries(page: Any, api: FakeApi, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    form = typed(page.get(address(workflow)).content.decode())
    page.post(address(workflow), form | {"token": str(uuid4()), "field-input_text": "The first"})
    api.requests.clear()
    with CaptureQueriesContext(connection) as met:
        assert page.post(address(workflow), form).status_code == 302
    queries = [query["sql"] for query in met if not query["sql"].startswith(TRANSACTION)]
    assert len(queries) <= 12, "\n".join(queries)
    assert [line.partition(" ")[0] for line in lines(api)] == ["GET", "POST"]
    assert Submission.objects.get(token=form["token"]).status == Submission.Status.CREATED


def test_the_fields_are_asked_for_once_a_minute(
    page: Any, api: FakeApi, saved_key: SavedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = open_workflow(saved_key)
    for _ in range(3):
        page.get(address(workflow))
    assert sum(line.endswith("/schema") for line in lines(api)) == 1
    monkeypatch.setattr("pipelines_portal.workflows.cached_schemas.time.monotonic", lambda: 10.0**9)
    page.get(address(workflow))
    assert sum(line.endswith("/schema") for line in lines(api)) == 2


def test_fields_that_the_api_refuses_are_asked_for_again(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    """S134: published meanwhile, the workflow has other fields than those that are kept."""
    fields = [
        {"name": "input_text", "title": "Text", "type": "long_text", "required": True},
        {"name": "tone", "title": "Tone", "type": "short_text", "required": True},
    ]
    refusal = error(422, "validation_error", "The task failed: tasks.0: Unknown field: target_language")
    workflow = open_workflow(saved_key)
    scripted_api.script = [SCHEMA]
    form = typed(page.get(address(workflow)).content.decode())
    scripted_api.routes = {
        "GET /api/v1/workflows/42/schema": answer(200, {"fields": fields}),
        "GET /api/v1/workflows/42/tasks": answer(200, {"tasks": [], "next_cursor": None, "has_more": False}),
        "POST": refusal,
    }
    done = page.post(address(workflow), form)
    html = done.content.decode()
    assert done.status_code == 422
    assert "This workflow’s fields changed" in html or "This workflow’s fields changed" in html
    assert 'name="field-tone"' in html
    assert "Hello world" in html
    assert Submission.objects.get().status == Submission.Status.REJECTED
