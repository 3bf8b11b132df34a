"""Warnings: a row waits until a person has looked at it and accepts what the rule says."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from pipelines_portal.entry.models import ErrorGroup, Sheet
from pipelines_portal.entry.rows.accepting import accept_warnings
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Acceptance, Submission
from pipelines_portal.workflows.rules.masks import looking_like
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.entry.grid.conftest import TypedGrid, end_wait, work
from tests.entry.imports.making import make_import
from tests.factories import open_workflow
from tests.fake_api import FakeApi
from tests.pages import text_of


@pytest.fixture
def grid(page: Any, saved_key: SavedKey, api: FakeApi) -> TypedGrid:
    workflow = open_workflow(saved_key, name="Translations")
    WorkflowRule.objects.create(
        key=saved_key, workflow_id=workflow.workflow_id, position=1, kind="pattern", field="input_text",
        value=looking_like("A"), is_warning=True,
    )  # fmt: skip
    return TypedGrid(page, workflow, saved_key.owner)


def accept(grid: TypedGrid, job: Sheet | None = None, page: str = "", **posted: str) -> Any:
    """Press "Accept" in the first line under the grid, with what that posts."""
    job = job or grid.job
    place = [job.pk]
    shown = grid.browser.get(reverse("sheets:page", args=place) + page, follow=True).content.decode()
    form = next(each for each in shown.split("<form")[1:] if "grid/accept/" in each.split(">")[0])
    inputs = dict(re.findall(r'<input type="hidden" name="(\w+)"\s+value="([^"]*)"', form.split("</form>")[0]))
    return grid.browser.post(reverse("sheets:accept", args=place), inputs | posted, follow=True)


def test_a_row_with_a_warning_is_not_ready_until_it_is_accepted(grid: TypedGrid, api: FakeApi) -> None:
    """With a reason, if the rule needs one. Undo takes it back, and a second press accepts nothing."""
    WorkflowRule.objects.update(needs_reason=True)
    grid.type(1, "Hello", "French")
    assert grid.statuses() == {1: "to_look"}
    shown = grid.read()
    assert "<b>0 ready</b> · 1 to look at" in shown and 'class="odd"' in shown and "1 warning" in shown
    refused = accept(grid, why="  ")
    assert refused.status_code == 422 and "Enter a reason." in text_of(refused) and grid.statuses() == {1: "to_look"}
    assert "1 accepted" in text_of(accept(grid, why="Checked with sales")) and grid.statuses() == {1: "ready"}
    change = grid.job.changes.get(number=2)
    grid.browser.post(grid.step("undo"), {"number": "2"})
    assert change.label == "Accept warnings" and grid.statuses() == {1: "to_look"}
    grid.browser.post(grid.step("redo"), {"number": "2"})
    assert grid.statuses() == {1: "ready"}
    again = grid.browser.post(grid.step("accept"), {"reason": "alike-1", "count": "1"}, follow=True)
    assert "Not changed." in text_of(again) and grid.job.changes.count() == 2
    assert 'class="seen" title="Accepted by' in grid.read()
    grid.create(1)
    assert len(api.tasks) == 1
    accepted = Acceptance.objects.get()
    assert (accepted.field, accepted.value, accepted.short) == ("input_text", "Hello", "Not like A")
    assert accepted.by == grid.owner and accepted.version == 1 and accepted.reason == "Checked with sales"
    assert Submission.objects.get().accepted_count == 1


def test_it_holds_for_this_value_and_this_version_of_the_rule(grid: TypedGrid) -> None:
    grid.type(1, "Hello", "French")
    accept(grid)
    grid.change(1, "target_language", "French", "German")
    assert grid.statuses() == {1: "ready"}, "another field does not matter"
    grid.change(1, "input_text", "Hello", "Hallo")
    assert grid.statuses() == {1: "to_look"}
    grid.change(1, "input_text", "Hallo", "Hello")
    assert grid.statuses() == {1: "to_look"}, "what was taken back is looked at again"
    accept(grid)
    WorkflowRule.objects.update(version=2)
    grid.change(1, "target_language", "German", "French")
    assert grid.statuses() == {1: "to_look"}


def test_of_two_warnings_one_is_accepted(grid: TypedGrid) -> None:
    notes = WorkflowRule.objects.create(
        key=grid.workflow.key, workflow_id=grid.workflow.workflow_id, position=2, kind="pattern", field="notes",
        value=looking_like("A"), is_warning=True,
    )  # fmt: skip
    grid.type(1, "Hello", "French", "Hello")
    accept_warnings(grid.job, grid.owner, notes.as_rule(), [1], "")
    accepted = grid.job.rows.get().accepted
    assert [mark.split(".")[0] for mark in accepted] == [str(notes.pk)] and grid.statuses() == {1: "to_look"}


def test_more_than_twenty_rows_are_accepted_once_they_were_shown(grid: TypedGrid) -> None:
    rows = [[f"Hello {number}", "French"] for number in range(201)]
    job = make_import(grid.workflow.key, Sheet(schema=grid_schema(grid)).parsed_schema, rows)
    work()
    page = f"?reason={ErrorGroup.objects.get().problem.mark}"
    unseen = {"reason": page.removeprefix("?reason="), "all": "yes"}
    place = reverse("sheets:accept", args=[job.pk])
    assert "show them first" in text_of(grid.browser.get(reverse("sheets:page", args=[job.pk])))
    grid.browser.post(place, unseen)
    assert job.rows.filter(status="to_look").count() == 201, "nobody has seen them"
    accept(grid, job, page)
    assert job.rows.filter(status="ready").count() == 100, "those of the page"
    accept(grid, job, page)
    assert job.rows.filter(status="ready").count() == 201, "and the rest, which is one page"


def test_what_changed_since_it_was_shown_is_not_accepted(grid: TypedGrid) -> None:
    grid.type(1, "Hello", "French")
    seen = re.search(r'name="seen" value="(\w+)"', grid.read())
    key = ErrorGroup.objects.get().problem.mark
    assert seen
    WorkflowRule.objects.update(version=2)
    grid.browser.post(grid.step("accept"), {"reason": key, "all": "yes", "seen": seen[1]})
    assert grid.statuses() == {1: "to_look"}
    WorkflowRule.objects.update(version=1)
    grid.type(2, "Bonjour", "French")
    said = grid.browser.post(grid.step("accept"), {"reason": key, "all": "yes", "seen": seen[1]}, follow=True)
    assert "these rows or the rule have changed" in text_of(said) and grid.statuses() == {1: "to_look", 2: "to_look"}
    for shown, status in (("Hallo", "to_look"), ("Bonjour", "ready")):
        grid.browser.post(grid.step("accept"), {"reason": key, "number": "2", "value": shown, "version": "1"})
        assert grid.statuses() == {1: "to_look", 2: status}


def test_the_form_sends_what_is_ticked_and_nothing_on_a_second_press(grid: TypedGrid, api: FakeApi) -> None:
    address = reverse("new_task:create", args=place_of(grid))
    form = {"field-input_text": "Hello", "field-target_language": "French", "token": str(uuid4())}
    for _ in range(2):
        asked = grid.browser.post(address, form)
        assert asked.status_code == 422 and "1 value needs a look" in text_of(asked) and not api.tasks
    mark = re.search(r'name="accept" value="([^"]+)"', asked.content.decode())
    assert mark and "I’ve checked it: <bdi>Hello</bdi> is right" in text_of(asked)
    other = grid.browser.post(address, form | {"field-input_text": "Hallo", "accept": mark[1]})
    assert other.status_code == 422, "another value was not looked at"
    WorkflowRule.objects.update(needs_reason=True)
    without = grid.browser.post(address, form | {"accept": mark[1]})
    assert without.status_code == 422 and "Enter a reason." in text_of(without) and not api.tasks
    unseen = grid.browser.post(address, form | {"accept": mark[1], f"why-{mark[1]}": "\u200b"})
    assert unseen.status_code == 422 and not api.tasks, "nobody sees this reason"
    sent = grid.browser.post(address, form | {"accept": mark[1], f"why-{mark[1]}": "By phone"})
    assert sent.status_code == 302 and len(api.tasks) == 1
    assert Acceptance.objects.get().row.submission.kind == "form" and Acceptance.objects.get().reason == "By phone"


def test_an_error_of_the_field_comes_before_its_warning(grid: TypedGrid) -> None:
    WorkflowRule.objects.create(
        key=grid.workflow.key, workflow_id=grid.workflow.workflow_id, position=2, kind="one of", field="input_text",
        value={"values": ["A", "B"]},
    )  # fmt: skip
    grid.type(1, "Hello", "French")
    assert grid.statuses() == {1: "to_fix"} and "Not allowed" in grid.read()
    grid.change(1, "input_text", "Hello", "B")
    assert grid.statuses() == {1: "to_look"}


def place_of(grid: TypedGrid) -> list[Any]:
    return [grid.workflow.key_id, grid.workflow.workflow_id]


def grid_schema(grid: TypedGrid) -> dict[str, Any]:
    """The fields of the workflow, as an import stores them."""
    grid.type(1, "A", "French")
    schema: dict[str, Any] = grid.job.schema
    return schema


def test_who_accepted_what_is_shown_wherever_the_row_is(grid: TypedGrid, api: FakeApi) -> None:
    """In Sent and its filter, on the task, in the export."""
    WorkflowRule.objects.update(needs_reason=True)
    grid.type(1, "Hello", "French")
    grid.type(2, "A", "French")
    accept(grid, why="Checked")
    grid.create(2)
    end_wait()
    work()
    sent = text_of(grid.browser.get(reverse("submissions:list")))
    assert "1 accepted</span>" in sent
    assert "1 accepted</span>" in text_of(grid.browser.get(reverse("submissions:list") + "?warnings=accepted"))
    submission = Submission.objects.get()
    task = submission.rows.get(index=0).task_id
    for address in (
        reverse("submissions:detail", args=[submission.pk]) + "?details",
        reverse("tasks:detail", args=[*place_of(grid), task]),
    ):
        shown = text_of(grid.browser.get(address))
        assert "Accepted by" in shown and "Reason: <bdi>Checked</bdi>" in shown and "Not like A" in shown
    assert "You accepted a warning: Not like A" in shown
    assert "1 accepted in 30 days" in text_of(grid.browser.get(reverse("rules:list", args=place_of(grid))))
    exported = grid.browser.post(reverse("submissions:export", args=["csv"])).getvalue().decode()
    assert "Accepted warnings" in exported and "Not like A" in exported
    submission.drop_values()
    kept = Acceptance.objects.get()
    assert (kept.value, kept.reason, kept.sentence) == ("", "", "") and kept.short == "Not like A"
