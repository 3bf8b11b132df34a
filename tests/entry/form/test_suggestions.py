"""Suggestions at the form and in the grid: the address that answers, which inputs have them, and who turns them off."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.submissions.models import Submission, TypedCount
from pipelines_portal.submissions.suggestions import count_values
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowNote
from tests.conftest import EVERY_TYPE
from tests.factories import Desk, open_workflow


def address(workflow: OpenedWorkflow, page: str = "") -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/tasks/new/{page}"


@pytest.fixture
def workflow(desk: Desk) -> OpenedWorkflow:
    """Two values that Maria sent for the field `notes`, one of them twice."""
    for value, count in (("Nordlicht GmbH", 2), ("Nordwind AG", 1)):
        TypedCount.objects.create(
            person=desk.person, key=desk.key, workflow_id=desk.workflow.workflow_id, field="notes", value=value,
            folded=value.lower().encode(), count=count, last_at=timezone.now() - timedelta(hours=count),
        )  # fmt: skip
    return desk.workflow


def ask(workflow: OpenedWorkflow, browser: Client, text: str, field: str = "notes") -> Any:
    answer = browser.get(address(workflow, "suggestions/"), {"field": field, "text": text})
    assert answer.status_code == 200
    return answer.json()["values"]


def test_values_are_answered_with_how_often_they_were_sent(desk: Desk, workflow: OpenedWorkflow) -> None:
    assert ask(workflow, desk.browser, "no") == [["Nordlicht GmbH", 2], ["Nordwind AG", 1]]
    assert ask(workflow, desk.browser, "NORDW") == [["Nordwind AG", 1]]
    for text in ("n", "", "%_", "x" * 5000):
        assert ask(workflow, desk.browser, text) == []
    assert ask(workflow, desk.browser, "no", "elsewhere") == []


def test_only_short_texts_have_suggestions(desk: Desk) -> None:
    every = open_workflow(desk.key, EVERY_TYPE, name="Every type")
    assert set(re.findall(r'data-offers="([^"]+)"', desk.browser.get(address(every)).content.decode())) == {"short"}
    grid = desk.browser.get(reverse("sheets:new", args=[every.key_id, every.workflow_id])).content.decode()
    assert re.findall(r'data-name="(\w+)"[^>]*data-offers', grid) == ["short"]


def test_those_who_write_hints_switch_them_off_for_a_field(desk: Desk, workflow: OpenedWorkflow) -> None:
    fields = f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/fields/"
    assert 'name="suggest-notes" id="id_suggest-notes" checked' in desk.browser.get(fields).content.decode()
    desk.browser.post(fields, {"initial-suggest-notes": "True"})
    assert ask(workflow, desk.browser, "no") == []
    assert Event.objects.get(verb="workflow-notes-changed").detail["fields"] == ["notes"]
    page = desk.browser.get(fields).content.decode()
    assert "No suggestions" in page and 'id="id_suggest-notes" checked' not in page
    # A hint that is removed does not switch them on again.
    desk.browser.post(fields, {"initial-suggest-notes": "False", "hint-notes": "A hint"})
    desk.browser.post(fields, {"initial-suggest-notes": "False", "initial-hint-notes": "A hint", "hint-notes": ""})
    assert ask(workflow, desk.browser, "no") == []
    desk.browser.post(fields, {"initial-suggest-notes": "False", "suggest-notes": "on"})
    assert len(ask(workflow, desk.browser, "no")) == 2
    assert not WorkflowNote.objects.exists()


def test_without_scripts_the_browser_lists_values(desk: Desk, workflow: OpenedWorkflow) -> None:
    """Scripts name the time zone in a cookie."""
    page = desk.browser.get(address(workflow)).content.decode()
    assert 'list="id_field-notes_earlier"' in page
    lists = page.partition('<datalist id="id_field-notes_earlier">')[2].partition("</datalist>")[0]
    assert re.findall("<option>([^<]+)</option>", lists) == ["Nordlicht GmbH", "Nordwind AG"]
    desk.browser.cookies["zone"] = "Europe%2FVienna"
    assert "datalist" not in desk.browser.get(address(workflow)).content.decode()


def test_what_was_typed_into_the_form_is_suggested_next_time(desk: Desk) -> None:
    typed = {"field-input_text": "Hello", "field-target_language": "French", "field-notes": "Back gate"}
    desk.browser.post(address(desk.workflow), typed)
    assert Submission.objects.get().status == "created"
    assert ask(desk.workflow, desk.browser, "ba") == []
    count_values()
    assert ask(desk.workflow, desk.browser, "ba") == [["Back gate", 1]]
    assert set(TypedCount.objects.values_list("field", flat=True)) == {"notes"}
