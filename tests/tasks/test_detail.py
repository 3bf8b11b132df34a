"""One task's page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.task_index.models import TaskNote
from tests.conftest import ACME, TRANSLATIONS
from tests.each_case import each_case
from tests.factories import (
    make_colleague,
    make_index,
    make_stranger,
    make_submission,
    make_task,
    open_workflow,
    save_key,
    share_key,
)
from tests.fake_api import FakeApi, answer, error
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
    # Also through another key of theirs that opened the workflow.
    own = open_workflow(save_key(workflow.key.owner, api.new_key(ACME), "Second"), 42, name="French")
    assert "Sent &lt;from&gt; here" in page.get(address(own, task_id)).content.decode()
    client.force_login(stranger)
    theirs = save_key(stranger, second_key)
    open_workflow(theirs, 42, name="French")
    html = client.get(f"/keys/{theirs.pk}/workflows/42/tasks/{task_id}/").content.decode()
    assert "0 of 5 steps finished" in html
    assert "&lt;from&gt;" not in html and "The task was created outside this portal, or with another API key." in html


# When the sample tasks were created.
SENT_AT = datetime(2026, 3, 30, 12, tzinfo=UTC)


def timeline_of(answer: Any) -> list[str]:
    """Return the lines of the timeline without tags and times, the newest first."""
    lines = re.findall(r"<li[^>]*>(.*?)</li>", text_of(answer).split('class="timeline"')[1].split("</ol>")[0])
    return [" ".join(re.sub(r"<time.*?</time>|<[^>]+>", " ", line).split()).replace(" ,", ",") for line in lines]


def test_the_timeline_says_who_created_a_task_and_what_followed(
    page: Any, client: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    """The status that the index has read before is there, too. Only people who may see the submission see its file."""
    workflow, ben, now = open_workflow(saved_key), make_colleague(), timezone.now()
    share_key(saved_key, ben)
    sent = make_submission(
        saved_key.owner, saved_key, status="created", kind="import", group_name="tickets.csv", created_at=SENT_AT
    )
    sent.rows.create(index=0, number=12_436, task_id=7, fields={"a": "b"})
    make_index(workflow, [make_task(7, "in_progress", now - timedelta(hours=2))])
    moved = task(7, "failed", total=4, finished=2) | {"updated_at": now.isoformat()}
    TaskNote.objects.mute(workflow, {7: "failed"}, "asked Ana", ben)
    TaskNote.objects.update(at=now + timedelta(minutes=1))
    scripted_api.script = [answer(200, moved)] * 2
    assert timeline_of(page.get(address(workflow, 7))) == [
        "Ben Okafor muted this task “asked Ana”", "Failed, 2 of 4 steps finished", "In progress",
        "You created it from tickets.csv, row 12,436",
    ]  # fmt: skip
    client.force_login(ben)
    lines = timeline_of(client.get(address(workflow, 7)))
    assert lines[0] == "You muted this task “asked Ana”" and lines[-1] == "maria@acme.example created it"


def test_the_timeline_of_a_task_from_elsewhere(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    TaskNote.objects.mark_as_mistakes(workflow, [7], "", saved_key.owner)
    TaskNote.objects.update(person=None, at=timezone.now() + timedelta(minutes=1))
    scripted_api.script = [answer(200, task(7, "finished"))]
    marked, *others = timeline_of(page.get(address(workflow, 7)))
    assert marked == "Someone marked this task as a mistake" and others == [
        "Finished",
        "Created outside the portal, or with another API key",
    ]


def test_a_corrected_copy_and_its_original_name_each_other(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    workflow = open_workflow(saved_key)
    sent = make_submission(saved_key.owner, saved_key, status="created", created_at=SENT_AT)
    sent.rows.create(index=0, task_id=8, fields={"a": "b", "same": "c"})
    sent.rows.create(index=1, task_id=7, fields={"a": "x", "same": "c", "gone": 4})
    TaskNote.objects.mark_replaced(workflow, {7: 8}, saved_key.owner)
    scripted_api.script = [answer(200, task(7, "failed"))]
    assert "You replaced it with 8" in timeline_of(page.get(address(workflow, 7)))
    scripted_api.script = [answer(200, task(8, "pending"))]
    assert timeline_of(page.get(address(workflow, 8)))[-1] == "You created it with the form. View in Sent Replaces 7"
    values = page.get(address(workflow, 8)).context["values"]
    assert {each.name: each.before and each.before.text for each in values} == {"a": "x", "same": None, "gone": "4"}


def test_a_refresh_brings_the_present_status_into_the_timeline(
    page: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    workflow = open_workflow(saved_key)
    scripted_api.script = [answer(200, task(7, "quarantined"))]
    words = text_of(page.get(address(workflow, 7), headers={"HX-Request": "true", "HX-Target": "task-state"}))
    assert '<li id="task-now" data-status="quarantined" hx-swap-oob="true">' in words and "<html" not in words


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
    shown = {"keys": "Yes", "0": "–", "amount": "4195", "more": "{&quot;a&quot;: 1}"}
    for name, text in (shown | {"not a time": "2026-99-99T00:14:00Z", "text": "it&#x27;s &lt;this&gt;"}).items():
        assert f'<dt title="{name}">{name}</dt> <dd><bdi>{text}</bdi>' in html
    assert "<li><bdi>b</bdi></li><li><bdi>a</bdi></li></ol>" in html
    assert re.search(r"<time [^>]*2026-10-03T00:14:00Z[^>]*>[^<]*02:14</time>", html)


@each_case("summary", [{"finished": 2**31 - 1}, {"total": 3}, {"total": 0}, {"pending": 0}])
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


def test_it_opens_while_pipelines_is_away(page: Any, saved_key: SavedKey, scripted_api: FakeApi) -> None:
    workflow = open_workflow(saved_key)
    make_index(workflow, [make_task(7, "failed", timezone.now() - timedelta(hours=1))])
    scripted_api.routes["/tasks"] = error(503, "service_unavailable", "A part is down")
    shown = page.get(address(workflow, 7))
    assert shown.status_code == 200 and "Failed" in text_of(shown)
    assert "Pipelines isn’t responding. Status as of" in text_of(shown)
    assert page.get(address(workflow, 8)).status_code == 503, "nothing is known of it"


@pytest.mark.parametrize("task_id", [999_999_999, 2**63 - 1, 10**30])
def test_an_unknown_task_is_404(page: Any, saved_key: SavedKey, task_id: int) -> None:
    """S80."""
    answer = page.get(address(open_workflow(saved_key), task_id))
    assert answer.status_code in (404, 502)
    assert "API" in answer.content.decode()
