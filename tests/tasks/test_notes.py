"""Muting tasks, and marking them as mistakes: the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index.models import NoteState, TaskNote, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from tests.conftest import PAUSED, TRANSLATIONS
from tests.each_case import each_case
from tests.factories import browser_of, make_colleague, make_index, make_person, make_task, open_workflow, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of
from tests.tasks.test_list import address, ids


def failed_tasks(saved_key: SavedKey, api: FakeApi, count: int = 3) -> tuple[Any, list[int]]:
    task_ids = api.create(count, TRANSLATIONS)
    api.set_status(task_ids, "failed")
    return open_workflow(saved_key), task_ids


def hidden_of(html: str) -> dict[str, str]:
    """Return the hidden values of the form that mutes the task."""
    form = html.split("tasks/mute/")[1].split("</form>")[0]
    parts = [part.split('"')[:3] for part in form.split('type="hidden" name="')[1:]]
    return {name: value for name, _, value in parts}


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_failed_task_is_muted_and_unmuted(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (task_id, *_) = failed_tasks(saved_key, api)
    html = text_of(page.get(address(workflow, f"{task_id}/?from=status%3Dfailed")))
    values = hidden_of(html)
    assert values["next"] == address(workflow, f"{task_id}/?from=status%3Dfailed")
    answer = page.post(address(workflow, "mute/"), values | {"note": "asked <Ana>"})
    assert answer["Location"] == values["next"] and said(answer) == [f"Task {task_id} muted"]
    html = text_of(page.get(address(workflow, f"{task_id}/")))
    assert "Muted: asked &lt;Ana&gt;" in html and "tasks/mute/" not in html
    assert "Mark as mistake" in html
    answer = page.post(address(workflow, "clear-notes/"), {"task": task_id, "state": "muted"})
    assert answer["Location"] == address(workflow, f"{task_id}/") and said(answer)[-1] == f"Task {task_id} unmuted"
    assert (
        "Muted"
        not in text_of(page.get(address(workflow, f"{task_id}/"), follow=True)).split("<main")[1].split("</main>")[0]
    )
    again = page.post(address(workflow, "clear-notes/"), {"task": task_id, "state": "muted"})
    assert said(again)[-1] == "Someone else has already changed this"


def test_only_ticked_tasks_are_touched_whatever_the_list_shows_now(
    page: Any, saved_key: SavedKey, api: FakeApi
) -> None:
    """Also after the page was loaded again with other conditions, under which the ticked task is not listed."""
    workflow, (first, second, third) = failed_tasks(saved_key, api)
    api.set_status([third], "pending")
    for conditions in ("?status=failed", "?status=pending", "?q=nothing"):
        page.get(address(workflow, conditions))
    here = address(workflow, "?status=pending")
    posted = {"task": second, f"status-{second}": "failed", "note": "asked Ana", "next": here}
    page.post(address(workflow, "mute/"), posted)
    assert list(TaskNote.objects.values_list("task_id", "state")) == [(second, "muted")]
    page.post(address(workflow, "mark-as-mistakes/"), {"task": first, "next": here, "note": ""})
    assert set(TaskNote.objects.values_list("task_id", "state")) == {(first, "mistake"), (second, "muted")}


def test_a_mistake_is_struck_through(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, task_ids = failed_tasks(saved_key, api)
    values = {"task": task_ids[:2], "note": "", "next": address(workflow, "?status=failed")}
    answer = page.post(address(workflow, "mark-as-mistakes/"), values)
    assert answer["Location"] == f"{values['next']}#t{task_ids[1]}", "the place in the list"
    assert said(answer) == ["2 tasks marked as mistakes"]
    html = text_of(page.get(address(workflow)))
    assert html.count('<tr class="mistake">') == html.count('<span class="aside">Mistake</span>') == 2
    html = text_of(page.get(address(workflow, f"{task_ids[0]}/")))
    assert "Not a mistake" in html and 'class="clip mistake"' in html and "Mark as mistake" not in html
    answer = page.post(address(workflow, "clear-notes/"), {"task": task_ids[:2], "state": "mistake"})
    assert said(answer)[-1] == "2 tasks are counted again" and not TaskNote.objects.exists()


def test_search_strikes_a_mistake_through(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, task_ids = failed_tasks(saved_key, api)
    make_index(workflow, [make_task(task_id, "failed", timezone.now()) for task_id in task_ids])
    page.post(address(workflow, "mark-as-mistakes/"), {"task": task_ids[0]})
    html = text_of(page.get("/search/?status=failed"))
    assert html.count('<tr class="mistake">') == 1 and html.count("data-id>") == 3


@pytest.mark.parametrize("is_indexed", [False, True])
def test_a_note_is_shown_with_and_without_an_index(
    page: Any, saved_key: SavedKey, api: FakeApi, is_indexed: bool
) -> None:
    """An index that is older than the note, and none because nobody looked at the counts for long."""
    workflow, (task_id, *_) = failed_tasks(saved_key, api)
    make_index(workflow, [])
    page.post(address(workflow, "mark-as-mistakes/"), {"task": task_id})
    if not is_indexed:
        WorkflowIndex.objects.all().delete()
    assert text_of(page.get(address(workflow))).count('<tr class="mistake">') == 1


def test_only_a_task_that_needs_attention_can_be_muted(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    (task_id,) = api.create(1, PAUSED)
    workflow = open_workflow(saved_key, PAUSED)
    html = text_of(page.get(address(workflow, f"{task_id}/")))
    assert "tasks/mute/" not in html and "Mark as mistake" in html
    answer = page.post(address(workflow, "mute/"), {"task": task_id, f"status-{task_id}": "paused", "note": "x"})
    assert said(answer) == [f"Task {task_id} not muted: it doesn’t need attention"]


def test_noted_tasks_leave_the_list_of_those_that_need_attention(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """The API's own lists show them, with their notes. A mute does not hold for another status."""
    workflow, task_ids = failed_tasks(saved_key, api, 6)
    muted, mistake, changed, *others = task_ids
    page.post(
        address(workflow, "mute/"),
        {"task": [muted, changed], f"status-{muted}": "failed", f"status-{changed}": "failed", "note": "asked Ana"},
    )
    page.post(address(workflow, "mark-as-mistakes/"), {"task": mistake})
    api.set_status([changed], "escalated")
    html = text_of(page.get(address(workflow, "?status=attention")))
    assert sorted(ids(html)) == [changed, *others] and "Muted" not in html
    html = text_of(page.get(address(workflow, "?status=failed")))
    assert sorted(ids(html)) == [muted, mistake, *others] and html.count('<span class="aside">Muted: asked Ana<') == 1
    html = text_of(page.get(address(workflow)))
    assert html.count('class="aside"') == 2
    chips = {chip.status: chip.number for chip in page.get(address(workflow)).context["tasks"].chips}
    assert (chips["attention"], chips["failed"], chips["escalated"]) == ("4", "4", "1")


def test_the_next_task_is_one_key_away_from_a_muted_one(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    """It is no longer in the list of tasks that need attention."""
    workflow, (older, muted, newer) = failed_tasks(saved_key, api)
    page.post(address(workflow, "mute/"), {"task": muted, f"status-{muted}": "failed", "note": "asked Ana"})
    html = text_of(page.get(address(workflow, f"{muted}/?from=status%3Dattention")))
    for each in (older, newer):
        assert f'href="../{each}/?from=status%3Dattention"' in html


def test_a_refresh_shows_a_new_note(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (task_id, *_) = failed_tasks(saved_key, api)
    values = {"task": task_id, f"status-{task_id}": "failed"}
    page.post(address(workflow, "mute/"), values | {"note": "asked Ana"})
    tasks = page.get(address(workflow)).context["tasks"]
    poll = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}
    assert page.get(address(workflow, tasks.poll), headers=poll).status_code == 204
    page.post(address(workflow, "mute/"), values | {"note": "asked Ben"})
    assert "Muted: asked Ben" in text_of(page.get(address(workflow, tasks.poll), headers=poll))


@each_case(
    ("values", "message"),
    [
        ({"note": ""}, "Enter a note"),
        ({"note": "x" * 201}, "Enter at most 200 characters."),
        ({"note": "x", "task": []}, "Select at least one task."),
        ({"note": "x", "task": ["7", "x"]}, "Select at least one task."),
        ({"note": "x", "task": [str(n) for n in range(201)]}, "Select at most 200 tasks."),
    ],
)
def test_the_message_is_at_the_field(page: Any, saved_key: SavedKey, values: dict[str, Any], message: str) -> None:
    """The form stands alone, with the tasks, and leads back."""
    workflow = open_workflow(saved_key)
    posted = {"task": ["7", "8"], "status-7": "failed", "next": "/keys/?<>"} | values
    answer = page.post(address(workflow, "mute/"), posted)
    html = text_of(answer)
    assert answer.status_code == 422 and message in html and "Cancel" in html
    assert '<input type="hidden" name="status-7" value="failed">' in html
    assert html.count('name="task"') == len(posted["task"]) and 'name="next" value="/keys/?&lt;&gt;"' in html
    if not values["note"]:
        assert 'aria-invalid="true"' in html and "2 tasks" in html


def test_a_mistakes_note_may_be_too_long(page: Any, saved_key: SavedKey) -> None:
    answer = page.post(address(open_workflow(saved_key), "mark-as-mistakes/"), {"task": "7", "note": "x" * 201})
    assert answer.status_code == 422 and "Enter at most 200 characters." in text_of(answer)


@pytest.mark.parametrize("values", [{"task": "7"}, {"task": "7", "state": "x"}, {"state": "muted"}])
def test_nonsense_clears_nothing(page: Any, saved_key: SavedKey, values: dict[str, str]) -> None:
    assert page.post(address(open_workflow(saved_key), "clear-notes/"), values).status_code == 400


@each_case("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_leads_back_to_the_portal_alone(page: Any, saved_key: SavedKey, back: str) -> None:
    workflow = open_workflow(saved_key)
    answer = page.post(address(workflow, "mark-as-mistakes/"), {"task": ["7", "8"], "next": back})
    assert answer["Location"] == address(workflow)


def test_the_index_says_the_status_that_the_page_does_not(page: Any, saved_key: SavedKey) -> None:
    index = make_index(open_workflow(saved_key), [make_task(7, "failed", timezone.now())])
    answer = page.post(address(index.workflow, "mute/"), {"task": ["7", "8"], "note": "asked Ana"})
    assert said(answer) == [
        "Task 7 muted", "Task 8 not muted: it doesn’t need attention"
    ]  # fmt: skip


def test_a_page_mutes_no_task_that_is_not_there_or_has_another_status(
    page: Any, saved_key: SavedKey, api: FakeApi
) -> None:
    """Otherwise a task could be muted before it fails."""
    workflow, (failed, running, *_) = failed_tasks(saved_key, api)
    api.set_status([running], "in_progress")
    make_index(workflow, [make_task(running, "in_progress", timezone.now())])
    posted = {"task": [failed, running, 999_999_998, 999_999_999], "note": "asked Ana", "seen_at": "2099-01-01"}
    answer = page.post(address(workflow, "mute/"), posted | {f"status-{each}": "failed" for each in posted["task"]})
    assert list(TaskNote.objects.values_list("task_id", "status")) == [(failed, "failed")]
    assert said(answer) == [
        f"Task {failed} muted",
        f"Task {running} not muted: its status has changed",
        "2 tasks not muted: they don’t need attention",
    ]


def test_a_page_that_is_newer_than_the_index_mutes_a_task(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (task_id, *_) = failed_tasks(saved_key, api)
    make_index(workflow, [make_task(task_id, "in_progress", timezone.now())])
    posted = {
        "task": task_id,
        f"status-{task_id}": "failed",
        "seen_at": timezone.now().isoformat(),
        "note": "asked Ana",
    }
    answer = page.post(address(workflow, "mute/"), posted)
    assert said(answer) == [f"Task {task_id} muted"]


def test_pipelines_is_not_asked_what_the_index_knows(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (task_id, *_) = failed_tasks(saved_key, api)
    make_index(workflow, [make_task(task_id, "failed", timezone.now())])
    calls = len(api.requests)
    page.post(address(workflow, "mute/"), {"task": task_id, f"status-{task_id}": "failed", "note": "asked Ana"})
    assert TaskNote.objects.get().task_id == task_id and len(api.requests) == calls


def test_a_colleague_sees_it_and_a_viewer_cannot_change_it(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (task_id, *_) = failed_tasks(saved_key, api)
    page.post(address(workflow, "mute/"), {"task": task_id, f"status-{task_id}": "failed", "note": "asked Ana"})
    colleague, viewer = make_colleague(), make_person("eva@acme.example", role="viewer")
    for each in (colleague, viewer):
        share_key(saved_key, each)
    html = text_of(browser_of(colleague).get(address(workflow, f"{task_id}/")))
    assert "Muted: asked Ana" in html and "Unmute" in html
    watching = browser_of(viewer)
    html = text_of(watching.get(address(workflow, f"{task_id}/")))
    assert "Muted: asked Ana" in html and "Unmute" not in html and "Mark as mistake" not in html
    assert watching.post(address(workflow, "clear-notes/"), {"task": task_id, "state": "muted"}).status_code == 403
    assert TaskNote.objects.get().state == NoteState.MUTED
    event = Event.objects.get(verb="tasks-muted")
    assert (event.target_label, event.detail["note"]) == (str(workflow), "asked Ana")


def test_what_was_typed_survives_a_sign_in(client: Any, saved_key: SavedKey, static_root: None) -> None:
    workflow = open_workflow(saved_key)
    answer = client.post(address(workflow, "mute/"), {"task": "7", "note": "asked Ana"})
    assert answer.status_code == 401 and "asked Ana" in text_of(answer)
    client.force_login(saved_key.owner)
    shown = client.post(address(workflow, "mute/"), {"task": "7", "note": "asked Ana", "restore": "1"})
    assert shown.status_code == 200 and 'value="asked Ana"' in text_of(shown) and not TaskNote.objects.exists()


# --- IDs that are given again -----------------------------------------------------------------------------------------


@each_case(("state", "status"), [(NoteState.MUTED, "attention"), (NoteState.MUTED, "failed"), (NoteState.MISTAKE, "")])
def test_a_note_is_not_about_a_later_task_with_the_same_id(
    page: Any, saved_key: SavedKey, api: FakeApi, state: NoteState, status: str
) -> None:
    """Pipelines gives IDs again after a restore of its database."""
    workflow, (task_id, *_) = failed_tasks(saved_key, api, 1)
    values = {"workflow": workflow, "task_id": task_id, "state": state, "text": "asked Ana", "status": "failed"}
    note = TaskNote.objects.create(**values, at=timezone.now())
    WorkflowIndex.objects.start(workflow)
    query = f"?status={status}" if status else ""
    before = text_of(page.get(address(workflow, query)))
    assert "asked Ana" in before if status != "attention" else ids(before) == []
    TaskNote.objects.filter(pk=note.pk).update(at=timezone.now() - timedelta(days=1))
    for url in (query, f"{task_id}/"):
        html = text_of(page.get(address(workflow, url)))
        assert "asked Ana" not in html
    assert ids(text_of(page.get(address(workflow, query)))) == [task_id]


def test_a_later_task_with_the_same_id_ends_the_note(saved_key: SavedKey) -> None:
    """Otherwise the later task would not be counted, and could not be marked itself."""
    workflow, day_ago = open_workflow(saved_key), timezone.now() - timedelta(days=1)
    index = make_index(workflow, [make_task(7, "failed", day_ago), make_task(8, "failed", day_ago)])
    TaskNote.objects.mark_as_mistakes(workflow, [7, 8], "typo", saved_key.owner)
    TaskNote.objects.update(at=day_ago)
    record_tasks(index, [make_task(7, "failed", timezone.now()), make_task(8, "failed", day_ago)], timezone.now())
    assert list(TaskNote.objects.values_list("task_id", flat=True)) == [8]
    assert index.tasks.get(task_id=7).note_state is None
    assert index.status_counts.get(status="failed").mistakes == 1


def test_a_task_with_an_id_given_again_is_not_replaced_by_the_old_one(
    page: Any, saved_key: SavedKey, api: FakeApi
) -> None:
    workflow, (first, second) = failed_tasks(saved_key, api, 2)
    TaskNote.objects.mark_replaced(workflow, {first: second}, saved_key.owner)
    assert "Corrected copy of" in text_of(page.get(address(workflow, f"{second}/")))
    TaskNote.objects.update(at=timezone.now() - timedelta(days=1))
    assert "Corrected copy of" not in text_of(page.get(address(workflow, f"{second}/")))
