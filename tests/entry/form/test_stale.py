"""What a process remembers of a form never stands in for what others did meanwhile."""

import re
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.drafts import save_typed
from pipelines_portal.entry.models.form import PinnedFields, TypedDraft
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import newest_task_id
from pipelines_portal.workflows import cached_schemas
from tests.factories import open_workflow
from tests.fake_api import FakeApi, answer

from .test_new import GOOD, NO_TASKS, SCHEMA, address

TONE = {"name": "tone", "title": "Tone", "type": "short_text", "required": False}
TEXT = {"name": "input_text", "title": "Text", "type": "long_text", "required": True}
BEFORE, AFTER = answer(200, {"fields": [TEXT]}), answer(200, {"fields": [TEXT, TONE]})
CREATED = answer(200, {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7]})


def mark(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found
    return found[1]


def test_boxes_taken_back_after_a_refusal_are_taken_back(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    first = page.get(address(workflow)).content.decode()
    bad = {"field-target_language": "French", "schema": mark(first, "schema"), "keeps": mark(first, "keeps")}
    both = page.post(address(workflow), bad | {"keep": ["input_text", "target_language"], "token": uuid4()})
    assert both.status_code == 422
    assert PinnedFields.objects.get().names == ["input_text", "target_language"]
    again = bad | {"keeps": mark(both.content.decode(), "keeps"), "keep": ["target_language"], "token": uuid4()}
    page.post(address(workflow), again)
    assert PinnedFields.objects.get().names == ["target_language"]


def test_a_form_that_knows_newer_fields_than_this_process_is_sent(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    """Another process showed it."""
    workflow = open_workflow(saved_key)
    scripted_api.routes = {"GET /api/v1/workflows/42/schema": AFTER}
    form = page.get(address(workflow)).content.decode()
    cached_schemas.forget_schemas()
    scripted_api.routes = {"GET /api/v1/workflows/42/schema": BEFORE}
    page.get(address(workflow))
    scripted_api.routes = {"GET /api/v1/workflows/42/schema": AFTER}
    scripted_api.routes |= {"GET /api/v1/workflows/42/tasks": NO_TASKS, "POST": CREATED}
    typed = {"schema": mark(form, "schema"), "token": uuid4(), "field-input_text": "Hello", "field-tone": "Warm"}
    done = page.post(address(workflow), typed)
    assert done.status_code == 302
    assert '"tone":"Warm"' in scripted_api.calls("POST")[0].text


def test_a_workflow_that_goes_while_the_api_is_asked_is_not_found(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    workflow = open_workflow(saved_key)

    scripted_api.script = [SCHEMA]
    scripted_api.routes = {"GET /api/v1/workflows/42/tasks": NO_TASKS, "POST": CREATED}
    page.get(address(workflow))

    def gone(*about: Any) -> int:
        newest = newest_task_id(*about)
        type(workflow).objects.filter(pk=workflow.pk).delete()
        return newest

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipelines_portal.entry.form.creation.newest_task_id", gone)
        done = page.post(address(workflow), GOOD | {"token": uuid4()})
    assert done.status_code == 404
    assert not [request for request in scripted_api.requests if request.method == "POST"]
    assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_kept_as_its_form_leaves_is_forgotten(
    page: Any, saved_key: SavedKey, person: User, scripted_api: FakeApi
) -> None:
    workflow, token = open_workflow(saved_key), uuid4()
    is_written, is_sent = threading.Event(), threading.Event()

    def keep() -> None:
        with transaction.atomic():
            save_typed(person, workflow, QueryDict("field-input_text=Hello"), token)
            is_written.set()
            is_sent.wait(0.3)
        connection.close()

    scripted_api.script = [BEFORE]
    scripted_api.routes = {"GET /api/v1/workflows/42/tasks": NO_TASKS, "POST": CREATED}
    keeping = threading.Thread(target=keep)
    keeping.start()
    is_written.wait(20)
    done = page.post(address(workflow), {"token": token, "field-input_text": "Hello"})
    is_sent.set()
    keeping.join()
    assert done.status_code == 302
    assert not TypedDraft.objects.exists()
