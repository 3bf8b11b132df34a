"""What a row of the list says beside the API's own: what was sent, by whom, and where it leads."""

from typing import Any
from uuid import uuid4

import pytest

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, UnattributedTask
from pipelines_portal.workflows import opening
from tests.conftest import PAUSED, TRANSLATIONS
from tests.each_case import each_case
from tests.factories import make_colleague, open_workflow, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of
from tests.tasks.test_list import address
from tests.tasks.test_live_page import forget_stored


def row_of(html: str, task_id: int) -> str:
    return html.split(f'id="t{task_id}"')[1].split("</tr>")[0]


def sent(sender: Any, workflow: Any, task_id: int, **fields: Any) -> None:
    Submission.objects.draft(sender, workflow, [fields], uuid4(), "form").rows.update(task_id=task_id)


def test_what_was_sent_stands_beside_the_id_with_who_did(
    page: Any, saved_key: SavedKey, person: Any, api: FakeApi
) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    mine, elsewhere = api.create(2, PAUSED)
    sent(person, workflow, mine, language="French", text="Dear <b>customer</b>,\n your order")
    html = text_of(page.get(address(workflow)))
    assert "Dear &lt;b&gt;customer&lt;/b&gt;, your order" in row_of(html, mine)
    assert str(person) not in row_of(html, mine), "the reader sent all of them"
    assert '<span class="known">Paused at step 1' in row_of(html, elsewhere)


def test_the_workflows_own_field_is_told(page: Any, saved_key: Any, person: Any, api: Any) -> None:
    """The first required text, as the schema says when the workflow is opened. Words follow a code."""
    from pipelines_portal.keys.clients import client_for
    from pipelines_portal.keys.permissions import usable_key

    key = usable_key(person, saved_key.pk)
    workflow = opening.open_workflow(key, client_for(key), TRANSLATIONS, person)
    assert workflow.title_field == "input_text"
    (task_id,) = api.create(1, TRANSLATIONS)
    sent(person, workflow, task_id, notes="Two words first", input_text="One")
    row = row_of(text_of(page.get(address(workflow))), task_id)
    assert ">One · Two words first</span>" in row


def test_who_made_a_task_is_told_as_soon_as_it_is_known(
    page: Any, saved_key: SavedKey, person: Any, api: FakeApi
) -> None:
    """The list may have read a task before the answer to its sending was written down; nothing else changes in it."""
    workflow = open_workflow(saved_key, PAUSED)
    (new,) = api.create(1, PAUSED)
    shown = page.get(address(workflow))
    assert '<span class="known">Paused at step 1' in row_of(text_of(shown), new)
    assert forget_stored(page, workflow, shown).status_code == 204
    sent(person, workflow, new, text="Dear customer")
    polled = forget_stored(page, workflow, shown)
    assert "Dear customer" in row_of(text_of(polled), new)
    assert forget_stored(page, workflow, polled).status_code == 204


def test_who_shares_the_key_sees_who_sent_and_not_what(
    page: Any, saved_key: SavedKey, person: Any, api: FakeApi
) -> None:
    colleague = make_colleague()
    workflow = open_workflow(saved_key, PAUSED)
    theirs, mine = api.create(2, PAUSED)
    share_key(workflow.key, colleague)
    sent(colleague, workflow, theirs, text="Of the colleague")
    sent(person, workflow, mine, text="Of the owner alone")
    assert "Of the colleague" in row_of(text_of(page.get(address(workflow))), theirs)
    page.force_login(colleague)
    html = text_of(page.get(address(workflow)))
    assert "Of the colleague" in row_of(html, theirs)
    assert "Of the owner alone" not in html
    assert str(person) in row_of(html, mine)
    assert '<span class="known">Paused at step 1' in row_of(html, mine)


def test_the_sender_is_left_out_of_tasks_of_one_person(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    first, second = api.create(2, PAUSED)
    colleague = make_colleague()
    share_key(workflow.key, colleague)
    sent(colleague, workflow, first, text="One")
    assert "<th>By</th>" in text_of(page.get(address(workflow))), "the other may be anybody's"
    sent(colleague, workflow, second, text="Two")
    assert "<th>By</th>" not in text_of(page.get(address(workflow)))


def test_a_task_of_an_archive_names_its_sender(page: Any, saved_key: SavedKey, person: Any, api: FakeApi) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    task_id, mine = api.create(2, PAUSED)
    colleague = make_colleague()
    share_key(workflow.key, colleague)
    sent(person, workflow, mine, text="Of the owner")
    draft = Submission.objects.draft(colleague, workflow, [{"scan": "a.png"}], uuid4(), "zip")
    UnattributedTask.objects.create(submission=draft, task_id=task_id)
    row = row_of(text_of(page.get(address(workflow))), task_id)
    assert str(colleague) in row
    assert "a.png" not in row


@pytest.mark.parametrize(
    ("query", "tail"), [("", "/"), ("?status=paused&limit=25", "/?from=status%3Dpaused%26limit%3D25")]
)
def test_a_row_leads_to_its_task_with_the_list_it_is_of(
    page: Any, saved_key: SavedKey, api: FakeApi, query: str, tail: str
) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    (task_id,) = api.create(1, PAUSED)
    assert f'id="t{task_id}" href="{task_id}{tail}"' in page.get(address(workflow, query)).content.decode()


def test_the_tasks_page_leads_back_and_to_those_beside_it(page: Any, saved_key: SavedKey, api: FakeApi) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    older, middle, newer = api.create(3, PAUSED)
    came_from = "?from=status%3Dpaused%26limit%3D25"
    html = text_of(page.get(address(workflow, f"{middle}/{came_from}")))
    assert f'href="../{newer}/{came_from}"' in html
    assert f'href="../{older}/{came_from}"' in html
    assert f'href="{address(workflow)}?status=paused&amp;limit=25#t{middle}"' in html
    html = text_of(page.get(address(workflow, f"{newer}/")))
    assert f'href="{address(workflow)}#t{newer}"' in html
    assert "Newer task" not in html
    assert f'href="../{middle}/"' in html


@each_case("came_from", ["nonsense", "cursor%3Dnonsense", "%26" * 3000, "status%3Dfinished", "next%3D//evil.example"])
def test_nonsense_in_where_it_came_from_does_no_harm(
    page: Any, saved_key: SavedKey, api: FakeApi, came_from: str
) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    (task_id,) = api.create(1, PAUSED)
    shown = page.get(address(workflow, f"{task_id}/?from={came_from}"))
    assert shown.status_code == 200
    assert "evil" not in text_of(shown).split("<main")[1].split("</h1>")[0]


def test_a_task_that_is_not_there_says_which_and_leads_on(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    shown = page.get(address(workflow, "99999999/"))
    assert shown.status_code == 404
    assert "Task 99999999 isn’t in Workflow 42" in text_of(shown)
    assert f'href="{address(workflow)}"' in text_of(shown)


def test_a_viewer_selects_nothing(page: Any, saved_key: SavedKey, person: Any, api: FakeApi) -> None:
    workflow = open_workflow(saved_key, PAUSED)
    api.create(1, PAUSED)
    type(person).objects.filter(pk=person.pk).update(role="viewer")
    assert 'name="task"' not in page.get(address(workflow)).content.decode()


def test_a_line_says_how_many_tasks_have_values(page: Any, saved_key: SavedKey, person: Any, api: FakeApi) -> None:
    """The line links to the tasks with values. It is not shown if every task has them."""
    workflow = open_workflow(saved_key, PAUSED)
    first, second = api.create(2, PAUSED)
    html = text_of(page.get(address(workflow)))
    assert "No values here. These tasks were sent elsewhere," in html and "Only with values" not in html
    sent(person, workflow, first, language="French", text="Dear customer")
    html = " ".join(text_of(page.get(address(workflow))).split())
    assert "1 of 2 tasks has values here. The others were sent elsewhere, by other people, or long ago." in html
    assert 'href="?sent=anyone">Only with values</a>' in html
    sent(person, workflow, second, language="French", text="Dear colleague")
    assert 'id="values"' not in text_of(page.get(address(workflow)))
