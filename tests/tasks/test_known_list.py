"""While Pipelines does not answer, the list shows what the index knows."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.each_case import each_case
from tests.factories import browser_of, make_index, make_task, open_workflow
from tests.fake_api import FakeApi, Reply, answer, error, hang_up
from tests.pages import text_of
from tests.tasks.test_list import address

POLL = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}
AWAY = error(503, "service_unavailable", "A part is down")


@pytest.fixture
def known(saved_key: SavedKey, scripted_api: FakeApi) -> OpenedWorkflow:
    """A workflow with 30 known tasks, the newest failed, and an API that is away."""
    workflow = open_workflow(saved_key)
    hour_ago = timezone.now() - timedelta(hours=1)
    statuses = ["pending"] * 29 + ["failed"]
    make_index(workflow, [make_task(number + 1, status, hour_ago) for number, status in enumerate(statuses)])
    scripted_api.routes["/tasks"] = AWAY
    return workflow


@pytest.mark.parametrize("fault", [AWAY, hang_up])
def test_known_tasks_are_shown_with_their_time(
    page: Any, known: OpenedWorkflow, scripted_api: FakeApi, fault: Reply
) -> None:
    scripted_api.routes["/tasks"] = fault
    shown = page.get(address(known))
    html = text_of(shown)
    assert shown.status_code == 200
    assert "Pipelines isn’t responding" in html and "Showing what we knew at" in html
    assert "No values here." in html, "as in a list that is live"
    assert 'id="t30"' in html and html.count('class="rowlink"') == 30
    assert 'data-live="yes"' not in html, "a list that may be old is not live"


def test_a_list_of_the_portal_is_not_live_while_pipelines_is_silent(
    page: Any, known: OpenedWorkflow, scripted_api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists by other conditions come from the index, and ask Pipelines nothing."""
    assert 'data-live="yes"' in text_of(page.get(address(known, "?stuck=24h")))
    monkeypatch.setattr("pipelines_portal.tasks.task_list.is_silent", lambda: True)
    shown = text_of(page.get(address(known, "?stuck=24h")))
    assert 'data-live="yes"' not in shown and "Updated" in shown


NOT_TASKS = {
    "redirect": answer(302, text="", Location="https://api.example.com/v1?key=s3cret"),
    "html": answer(200, text="<h1>Sign in to the Wi-Fi</h1>"),
    "firewall": answer(403, text="<h1>Blocked</h1>"),
    "cut": answer(200, text='{"tasks": ['),
    "missing key": answer(200, {"items": []}),
    "no task is readable": answer(200, {"tasks": [{"id": 7}]}),
}


@each_case("fault", NOT_TASKS.values())
def test_known_tasks_stay_after_a_response_without_tasks(
    page: Any, known: OpenedWorkflow, scripted_api: FakeApi, fault: Reply
) -> None:
    scripted_api.routes["/tasks"] = fault
    shown = page.get(address(known))
    html = text_of(shown)
    assert shown.status_code == 200
    assert "Pipelines sent an unexpected response" in html and "Showing what we knew at" in html
    assert html.count('class="rowlink"') == 30 and "For administrators" not in html


def test_known_tasks_stay_if_the_key_does_not_arrive(page: Any, known: OpenedWorkflow, scripted_api: FakeApi) -> None:
    scripted_api.routes["/tasks"] = error(401, "missing_api_key", "No API key")
    html = text_of(page.get(address(known)))
    assert "The API key didn’t reach Pipelines" in html and html.count('class="rowlink"') == 30


@each_case(
    ("name", "cause"),
    [
        ("redirect", "Pipelines redirects to https://api.example.com/v1."),
        ("firewall", "The response is not JSON (status 403)."),
        ("missing key", "tasks is missing"),
    ],
)
def test_administrators_read_the_cause(known: OpenedWorkflow, scripted_api: FakeApi, name: str, cause: str) -> None:
    known.key.owner.role = "administrator"
    known.key.owner.save()
    scripted_api.routes["/tasks"] = NOT_TASKS[name]
    html = text_of(browser_of(known.key.owner).get(address(known)))
    assert f"For administrators: {cause}" in html and "s3cret" not in html


def test_pages_and_statuses_of_known_tasks(page: Any, known: OpenedWorkflow) -> None:
    first = text_of(page.get(address(known, "?limit=25")))
    assert 'id="t6"' in first and 'id="t5"' not in first
    assert "cursor=known-6" in first
    second = text_of(page.get(address(known, "?limit=25&cursor=known-6&newer=")))
    assert 'id="t5"' in second and 'id="t6"' not in second
    failed = text_of(page.get(address(known, "?status=failed")))
    assert failed.count('class="rowlink"') == 1
    assert text_of(page.get(address(known, "?status=attention"))).count('class="rowlink"') == 1


def test_it_refreshes_when_pipelines_is_back(page: Any, known: OpenedWorkflow, scripted_api: FakeApi) -> None:
    assert page.get(address(known, "?known=1"), headers=POLL).status_code == 204
    scripted_api.routes["/tasks"] = answer(200, {"tasks": [], "next_cursor": None, "has_more": False})
    back = page.get(address(known, "?known=1"), headers=POLL)
    assert back.status_code == 200 and "isn’t responding" not in back.content.decode()


def test_a_live_list_keeps_its_rows_and_says_so(page: Any, known: OpenedWorkflow) -> None:
    assert page.get(address(known, "?seen=x"), headers=POLL).status_code == 503


def test_without_known_tasks_or_with_a_rejected_key_the_error_is_shown(
    page: Any, known: OpenedWorkflow, scripted_api: FakeApi
) -> None:
    assert page.get(address(known, "?status=quarantined")).status_code == 503
    scripted_api.routes["/tasks"] = error(401, "invalid_api_key", "Invalid API key")
    assert page.get(address(known)).status_code == 403
