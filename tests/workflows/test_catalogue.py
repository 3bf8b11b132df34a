"""The workflows of a key are listed for all who use it. Each person sorts the list alone."""

import re

import pytest
from django.test import Client

from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.conftest import EVERY_TYPE, FILES, PAUSED, TRANSLATIONS
from tests.factories import browser_of, make_stranger, open_workflow, share_key
from tests.fake_api import FakeApi, answer, error


def browser_of_borrower(key: SavedKey) -> Client:
    """Return the browser of someone with whom the key is shared."""
    stranger = make_stranger()
    share_key(key, stranger)
    return browser_of(stranger)


def listed(browser: Client, key: SavedKey, query: str = "") -> list[int]:
    """Return the IDs in the table of the page, from the top."""
    html = browser.get(f"/keys/{key.pk}/workflows/{query}").content.decode()
    return [int(number) for number in re.findall(r'<td class="num faint">(\d+)</td>', html)]


def in_rail(browser: Client) -> list[int]:
    rail = browser.get("/submissions/").context["rail"]()
    return [workflow.workflow_id for workflow in (*rail.pinned, *rail.others)]


def mark(browser: Client, workflow: OpenedWorkflow, name: str) -> int:
    url = f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/mark/"
    return browser.post(url, {"mark": name}).status_code


def test_an_opened_workflow_is_listed_for_all_users_of_the_key(page: Client, saved_key: SavedKey) -> None:
    colleague = browser_of_borrower(saved_key)
    colleague.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": str(TRANSLATIONS)})
    assert listed(page, saved_key) == [TRANSLATIONS]
    assert page.get(f"/keys/{saved_key.pk}/workflows/{TRANSLATIONS}/tasks/").status_code == 200
    opened = OpenedWorkflow.objects.get()
    assert opened.opened_by and opened.opened_by.email == "stranger@else.example"
    assert Event.objects.get(verb="workflow-opened").actor_email == "stranger@else.example"


def test_several_workflows_are_opened_by_id_and_address(page: Client, saved_key: SavedKey) -> None:
    text = f"{TRANSLATIONS}, https://app.example.com/pipelines/{FILES}/data\n{PAUSED} {TRANSLATIONS}"
    done = page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": text}, follow=True)
    assert "3 workflows added" in done.content.decode()
    assert sorted(listed(page, saved_key)) == [TRANSLATIONS, FILES, PAUSED]


def test_workflows_that_are_listed_already_are_named(page: Client, saved_key: SavedKey) -> None:
    address = f"/keys/{saved_key.pk}/workflows/"
    page.post(address, {"workflow": str(TRANSLATIONS)})
    name = OpenedWorkflow.objects.get().name
    done = page.post(address, {"workflow": f"{TRANSLATIONS} {FILES} {PAUSED}"}, follow=True)
    assert f"2 workflows added · {name} is in the list already" in done.content.decode()
    html = page.post(address, {"workflow": f"{TRANSLATIONS} {FILES}"}, follow=True).content.decode()
    alone = page.post(address, {"workflow": str(TRANSLATIONS)}, follow=True)
    assert f"{name} is in the list already" in alone.content.decode() and "added" not in alone.content.decode()
    assert "are in the list already" in html and "workflows added" not in html


def test_missing_workflows_are_named_and_the_others_opened(page: Client, saved_key: SavedKey) -> None:
    refused = page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": f"{TRANSLATIONS} 123456 777 {FILES}"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "This key has no workflows 123456, 777." in html
    assert ">\n123456, 777</textarea>" in html
    assert sorted(OpenedWorkflow.objects.values_list("workflow_id", flat=True)) == [TRANSLATIONS, FILES]


def test_ids_that_were_not_asked_for_after_a_failure_stay_in_the_box(
    page: Client, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    good = [answer(200, {"id": 1, "name": "One", "status": "ACTIVE"}), answer(200, {"fields": []})]
    scripted_api.script = [*good, error(401, "invalid_api_key", "Invalid API key")]
    refused = page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": "1 2 3"})
    html = refused.content.decode()
    assert "1 workflow added" in html
    assert ">\n2, 3</textarea>" in html
    assert "Workflows 2, 3 weren’t added." in " ".join(html.split())


@pytest.mark.parametrize("text", ["1 two 3", " ".join(map(str, range(1, 22)))])
def test_invalid_or_too_many_ids_are_refused_without_a_call(page: Client, saved_key: SavedKey, text: str) -> None:
    assert page.post(f"/keys/{saved_key.pk}/workflows/", {"workflow": text}).status_code == 422
    assert not OpenedWorkflow.objects.exists()


def test_each_person_pins_and_hides_workflows_alone(page: Client, saved_key: SavedKey) -> None:
    colleague = browser_of_borrower(saved_key)
    first, second = open_workflow(saved_key, TRANSLATIONS, name="Aa"), open_workflow(saved_key, FILES, name="Bb")
    assert mark(page, second, "pin") == 302
    assert (listed(page, saved_key), listed(colleague, saved_key)) == ([FILES, TRANSLATIONS], [TRANSLATIONS, FILES])
    mark(page, first, "hide")
    html = page.get(f"/keys/{saved_key.pk}/workflows/").content.decode()
    assert "1 hidden workflow" in html
    assert in_rail(page) == [FILES]
    assert in_rail(colleague) == [TRANSLATIONS, FILES]
    mark(page, first, "show")
    assert in_rail(page) == [FILES, TRANSLATIONS]
    assert mark(page, first, "burn") == 400


def test_the_sidebar_keeps_its_order(page: Client, saved_key: SavedKey) -> None:
    for number, name in ((1, "beta"), (2, "Alpha"), (3, "Zulu"), (4, "gamma")):
        open_workflow(saved_key, number, name=name)
    mark(page, OpenedWorkflow.objects.get(workflow_id=3), "pin")
    assert in_rail(page) == [3, 2, 1, 4]
    page.get(f"/keys/{saved_key.pk}/workflows/4/tasks/")
    assert in_rail(page) == [3, 2, 1, 4]


def test_workflows_are_found_by_name_and_id(page: Client, saved_key: SavedKey) -> None:
    for number in range(100, 107):
        open_workflow(saved_key, number, name=f"Alpha {number}")
    open_workflow(saved_key, EVERY_TYPE, name="Zulu")
    assert listed(page, saved_key, "?q=zul") == [EVERY_TYPE]
    assert listed(page, saved_key, "?q=105") == [105]
    assert "No results" in page.get(f"/keys/{saved_key.pk}/workflows/?q=xyz").content.decode()
