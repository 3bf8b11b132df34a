"""Taking back mutes and marks from the message that says them."""

from typing import Any

from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index.models import TaskNote
from tests.factories import browser_of, make_colleague, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of
from tests.tasks.test_list import address
from tests.tasks.test_notes import failed_tasks, said


def notes() -> list[tuple[int, str, str]]:
    return sorted(TaskNote.objects.values_list("task_id", "state", "text"))


def mute(browser: Any, workflow: Any, *task_ids: int, note: str = "asked Ana") -> Any:
    statuses = {f"status-{task_id}": "failed" for task_id in task_ids}
    here = address(workflow, "?status=failed")
    return browser.post(address(workflow, "mute/"), {"task": task_ids, "note": note, "next": here, **statuses})


def undo(browser: Any, workflow: Any) -> Any:
    return browser.post(address(workflow, "undo-notes/"), {"next": address(workflow, "?status=failed")})


def test_a_mute_is_undone_from_its_message(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (first, second, third) = failed_tasks(saved_key, api)
    html = text_of(page.get(mute(page, workflow, first, second)["Location"]))
    assert f'action="{address(workflow, "undo-notes/")}"' in html and ">Undo</button>" in html
    mute(page, workflow, third)
    answer = undo(page, workflow)
    assert said(answer)[-1] == f"Undone for task {third}"
    assert answer["Location"] == address(workflow, f"?status=failed#t{third}")
    assert notes() == [(first, "muted", "asked Ana"), (second, "muted", "asked Ana")]
    assert Event.objects.filter(verb="tasks-unmuted").count() == 1
    again = undo(page, workflow)
    assert said(again)[-1] == "Someone else has already changed this" and len(notes()) == 2


def test_an_earlier_note_comes_back(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (first, second, third) = failed_tasks(saved_key, api)
    mute(page, workflow, first, note="first note")
    before = notes()
    mute(page, workflow, first, second, note="second note")
    assert len(notes()) == 2
    undo(page, workflow)
    assert notes() == before
    page.post(address(workflow, "mark-as-mistakes/"), {"task": [first, third]})
    assert notes() == [(first, "mistake", ""), (third, "mistake", "")]
    undo(page, workflow)
    assert notes() == before


def test_only_what_was_changed_and_is_still_so_is_undone(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (first, second, _) = failed_tasks(saved_key, api)
    page.post(address(workflow, "mark-as-mistakes/"), {"task": first, "note": "typo"})
    page.post(address(workflow, "mark-as-mistakes/"), {"task": [first, second]})
    undo(page, workflow)
    assert notes() == [(first, "mistake", "typo")]
    ben = make_colleague()
    share_key(saved_key, ben)
    mute(page, workflow, second)
    mute(browser_of(ben), workflow, second, note="mine")
    assert said(undo(page, workflow))[-1] == "Someone else has already changed this"
    assert (second, "muted", "mine") in notes()


def test_what_changed_nothing_offers_no_undo(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow, (first, *_) = failed_tasks(saved_key, api)
    mute(page, workflow, first)
    text_of(page.get(address(workflow)))
    html = text_of(page.get(mute(page, workflow, first)["Location"]))
    assert ">Undo</button>" not in html
