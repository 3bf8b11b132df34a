"""After any response a call returns a result or raises PipelinesError, and a page shows a message."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pipelines_portal.api_client import Bulkhead, PipelinesClient, PipelinesError, Transport
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.error_sentences import explain
from tests.any_json import any_answer
from tests.client_calls import create_rows
from tests.each_case import each_case
from tests.factories import open_workflow
from tests.fake_api import Answer, FakeApi, answer
from tests.samples import task

KEY = "pk_live_" + "a" * 40
UPLOAD = "6f2b7b8e-36a4-4b0e-8f5b-3f1c2f3f0a11"

FIELDS = [
    {"name": "text", "title": "Text", "type": "long_text", "required": False, "format_hint": None},
    {"name": "language", "type": "select", "options": ["French", "German"]},
    {"name": "stars", "type": "rating", "format_hint": "Integer from 1 to 5"},
    {"name": "amount", "type": "numeric", "format_hint": "Number between 1 and 10"},
    {"name": "scan", "type": "short_text", "format_hint": "One of: a, b"},
]
WORKFLOW = {"id": 42, "name": "French", "status": "ACTIVE"}
SCHEMA = {"workflow_id": 42, "fields": FIELDS, "has_file_upload_fields": False, "has_only_file_upload_fields": False}
TASKS = {"tasks": [task(9), task(8, "finished"), task(7, "escalated")], "next_cursor": "abc=", "has_more": True}
CREATED = {
    "success_count": 1,
    "error_count": 1,
    "errors": [{"index": 1, "field_name": "text", "message": "Bad"}],
    "task_ids": [7],
}
STARTED = {"upload_id": UPLOAD, "upload_url": "https://b.example/a?sig=x", "expires_at": "2026-03-30T12:00:00Z"}
STATUS = {"upload_id": UPLOAD, "status": "completed", "error_message": None} | CREATED

CALLS: dict[str, tuple[Any, bool, Callable[[PipelinesClient], Any]]] = {
    "workflow": (WORKFLOW, True, lambda client: client.workflow(42)),
    "schema": (SCHEMA, True, lambda client: client.schema(42)),
    "list": (TASKS, True, lambda client: client.list_tasks(42)),
    "task": (task(7), True, lambda client: client.task(42, 7)),
    "create": (CREATED, False, lambda client: create_rows(client, 42, [{}, {}])),
    "start": (STARTED, False, lambda client: client.start_upload(42, file_size_bytes=5)),
    "confirm": ({"upload_id": UPLOAD, "status": "processing"}, False, lambda client: client.confirm_upload(42, UPLOAD)),
    "status": (STATUS, True, lambda client: client.upload_status(42, UPLOAD)),
}


pytestmark = pytest.mark.usefixtures("no_pauses")


@pytest.mark.parametrize(("documented", "only_reads", "call"), CALLS.values(), ids=CALLS.keys())
def test_each_call_returns_a_result_or_raises_a_pipelines_error(
    scripted_api: FakeApi, documented: Any, only_reads: bool, call: Callable[[PipelinesClient], Any]
) -> None:
    """The error can be stored, shown and explained. A failed read never counts as unconfirmed."""
    client = PipelinesClient(Transport(scripted_api.url, timeout=20, bulkhead=Bulkhead(1)), KEY)

    @given(any_answer(documented))
    def try_it(fault: Answer) -> None:
        scripted_api.script[:] = [fault]
        try:
            result = call(client)
        except PipelinesError as failure:
            f"{failure} {explain(failure).sentence}".encode()
            assert not (only_reads and failure.maybe_processed)
        else:
            assert result is None or (isinstance(result, BaseModel) and result.model_dump_json())

    try_it()


PLACE = "/keys/{key}/workflows/42"
PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "list": (f"{PLACE}/tasks/", {"/tasks?": TASKS, "/workflows/42 ": WORKFLOW}),
    "task": (f"{PLACE}/tasks/7/", {"/tasks/7": task(7)}),
    "new task": (f"{PLACE}/tasks/new/", {"/schema": SCHEMA}),
    "fields": (f"{PLACE}/fields/", {"/schema": SCHEMA, "/workflows/42 ": WORKFLOW}),
    "choose an archive": (f"{PLACE}/upload/", {"/schema": SCHEMA | {"has_file_upload_fields": True}}),
}


@each_case(("address", "documented"), PAGES.values())
def test_each_page_shows_a_message_and_a_next_step(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, address: str, documented: dict[str, Any]
) -> None:
    """No page fails with a 500. The client of the tests would raise the exception."""
    workflow = open_workflow(saved_key)

    @given(st.fixed_dictionaries({route: any_answer(body) for route, body in documented.items()}))
    def try_it(routes: dict[str, Answer]) -> None:
        scripted_api.routes = routes
        said_and_leads_on(page.get(address.format(key=workflow.key_id)))

    try_it()


def said_and_leads_on(shown: Any) -> None:
    html = shown.content.decode()
    assert shown.status_code in (200, 302, 403, 404, 422, 429, 502, 503), shown.status_code
    assert "not certain" not in html, "of a read"
    if shown.status_code != 302:
        assert "<h1" in html
        assert 'href="/' in html


def test_the_typed_id_stays_in_the_form(page: Any, saved_key: Any, scripted_api: FakeApi) -> None:

    @given(any_answer(WORKFLOW), any_answer(SCHEMA))
    def try_it(workflow: Answer, schema: Answer) -> None:
        scripted_api.routes = {"/schema": schema, "/workflows/42 ": workflow}
        shown = page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": "#42"})
        said_and_leads_on(shown)
        assert shown.status_code == 302 or ">\n#42</textarea>" in shown.content.decode()

    try_it()


def test_a_sent_form_leads_to_the_page_of_its_submission(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    """A submission whose call was answered is never shown as “Sending”."""
    workflow = open_workflow(saved_key)
    one = CREATED | {"error_count": 0, "errors": []}
    schema = answer(200, {"fields": FIELDS})

    @given(any_answer(one), any_answer(TASKS))
    def try_it(created: Answer, listed: Answer) -> None:
        scripted_api.routes = {"/schema": schema, "GET /api/v1/workflows/42/tasks": listed, "POST": created}
        form = {"field-text": f"Hello {uuid4()}", "token": uuid4()}
        shown = page.post(f"/keys/{workflow.key_id}/workflows/42/tasks/new/", form, follow=True)
        assert shown.status_code in (200, 403, 404, 422, 429, 502, 503), shown.status_code
        newest = workflow.key.submissions.order_by("-created_at").first()
        assert newest.status != "sending"
        assert page.get(f"/submissions/{newest.pk}/?look=1").status_code == 200

    try_it()
