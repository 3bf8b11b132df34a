"""While Pipelines does not answer, the list shows what the index knows."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_index, make_task, open_workflow
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


@pytest.mark.parametrize("fault", [AWAY, hang_up, error(500, "internal_server_error", "Oops")])
def test_known_tasks_are_shown_with_their_time(
    page: Any, known: OpenedWorkflow, scripted_api: FakeApi, fault: Reply
) -> None:
    scripted_api.routes["/tasks"] = fault
    shown = page.get(address(known))
    html = text_of(shown)
    assert shown.status_code == 200
    assert "Pipelines isn’t responding" in html and "Showing what we knew at" in html
    assert 'id="t30"' in html and html.count('class="rowlink"') == 30


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
