"""One task's page."""

import re
from typing import Any
from uuid import uuid4

import pytest

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow
from tests.conftest import ACME, TRANSLATIONS
from tests.factories import make_stranger, open_workflow, save_key
from tests.fake_api import FakeApi, answer
from tests.pages import text_of
from tests.samples import task


def address(workflow: Any, task_id: int) -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/tasks/{task_id}/"


def test_status_nodes_and_times(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """S8, S168, S169."""
    (task_id,) = api.create(1, TRANSLATIONS)
    html = page.get(address(open_workflow(saved_key), task_id)).content.decode()
    assert "0 of 5 steps finished, 1 in progress, 4 pending" in html
    assert "Created" in html
    assert 'hx-trigger="every 5s"' in html


def test_it_shows_what_was_sent_to_who_sent_it(page: Any, saved_key: SavedKey, client: Any, api: FakeApi) -> None:
    """The API gives no values back: the ledger does, to its owner alone."""
    second_key = api.new_key(ACME)
    stranger = make_stranger()
    workflow = open_workflow(saved_key)
    form = {"field-input_text": "Sent <from> here", "field-target_language": "French", "token": uuid4()}
    page.post(f"/keys/{workflow.key_id}/workflows/42/tasks/new/", form)
    task_id = SubmissionRow.objects.get().task_id
    assert "Sent &lt;from&gt; here" in page.get(address(workflow, task_id)).content.decode()
    client.force_login(stranger)
    theirs = save_key(stranger, second_key)
    open_workflow(theirs, 42, name="French")
    html = client.get(f"/keys/{theirs.pk}/workflows/42/tasks/{task_id}/").content.decode()
    assert "0 of 5 steps finished" in html
    assert "&lt;from&gt;" not in html and "This task was created outside the portal." in html


def test_a_field_may_have_any_name_and_any_value(page: Any, saved_key: SavedKey, person: Any, api: FakeApi) -> None:
    """Values are shown as people read them; nothing of them is HTML."""
    workflow = open_workflow(saved_key)
    page.cookies["zone"] = "Europe/Vienna"
    (task_id,) = api.create(1, TRANSLATIONS)
    fields = {
        "items": ["b", "a"], "keys": True, "0": None, "text": "it's <this>", "amount": 4195, "more": {"a": 1},
        "when": "2026-10-03T00:14:00Z", "not a time": "2026-99-99T00:14:00Z",
    }  # fmt: skip
    sent = Submission.objects.draft(person, workflow, [fields], uuid4(), "form")
    sent.rows.update(task_id=task_id)
    html = text_of(page.get(address(workflow, task_id)))
    shown = {"keys": "Yes", "0": "–", "amount": "4,195", "more": "{&quot;a&quot;: 1}"}
    for name, text in (shown | {"not a time": "2026-99-99T00:14:00Z", "text": "it&#x27;s &lt;this&gt;"}).items():
        assert f'<dt title="{name}">{name}</dt> <dd>{text}</dd>' in html
    assert "<li>b</li><li>a</li></ol>" in html
    assert re.search(r"<time [^>]*2026-10-03T00:14:00Z[^>]*>[^<]*02:14</time>", html)


@pytest.mark.parametrize("summary", [{"finished": 2**31 - 1}, {"total": 3}, {"total": 0}, {"pending": 0}])
def test_counts_that_do_not_add_up_are_shown_as_they_are(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi, summary: dict[str, int]
) -> None:
    """S169: the API's own; the bar is never longer than the task."""
    workflow = open_workflow(saved_key)
    scripted_api.script = [answer(200, task(7, **summary))]
    html = page.get(address(workflow, 7)).content.decode()
    assert html.count('<i class="') <= 12


def test_a_task_that_is_over_is_not_asked_for_again(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    scripted_api.script = [answer(200, task(7, "finished"))]
    assert 'hx-trigger="every' not in page.get(address(workflow, 7)).content.decode()


@pytest.mark.parametrize("task_id", [999_999_999, 2**63 - 1, 10**30])
def test_an_unknown_task_is_404(page: Any, saved_key: SavedKey, task_id: int) -> None:
    """S80."""
    answer = page.get(address(open_workflow(saved_key), task_id))
    assert answer.status_code in (404, 502)
    assert "API" in answer.content.decode()


def test_who_may(client: Any, saved_key: SavedKey) -> None:
    stranger = make_stranger()
    workflow = open_workflow(saved_key)
    assert client.get(address(workflow, 1))["Location"].startswith("/sign-in/")
    client.force_login(stranger)
    assert client.get(address(workflow, 1)).status_code == 404
