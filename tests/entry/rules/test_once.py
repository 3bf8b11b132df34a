"""A field that is used once, on every road: form, grid, file, and what was sent before the rule was there."""

import json
import re
import time
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.entry.import_requests import next_submission
from pipelines_portal.entry.models import Row, Sheet, TypedDraft
from pipelines_portal.entry.rows.checking import Recheck
from pipelines_portal.entry.rows.typed import ready_rows, start_sending_typed
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import FieldValue, RecordedField, Submission, SubmissionRow
from pipelines_portal.submissions.sent_rows import lock_comparison
from pipelines_portal.submissions.used_values import record_earlier
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.at_once import AtOnce
from tests.entry.grid.conftest import NAMES, TypedGrid, end_wait, work
from tests.entry.grid.test_restoring import skip
from tests.entry.imports.making import make_import, statuses
from tests.entry.imports.test_check import row_of
from tests.factories import browser_of, make_colleague, make_team, open_workflow, share_key
from tests.fake_api import FAULTS, FakeApi, Fault, Plan, error
from tests.pages import text_of

SENTENCE = "Notes is used once."
_S = Row.Status


@pytest.fixture
def grid(page: Any, saved_key: SavedKey, api: FakeApi) -> TypedGrid:
    return TypedGrid(page, open_workflow(saved_key, name="Translations"), saved_key.owner)


@pytest.fixture(autouse=True)
def rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"index": 0, "field_name": "notes", "message": "Not this one"}
    monkeypatch.setitem(FAULTS, "rejected", Fault(error(422, "validation_error", "All 1 tasks failed", errors=[row])))


def add_rule(workflow: OpenedWorkflow, **values: Any) -> WorkflowRule:
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id}
    rule = {"kind": "once", "field": "notes", "value": {"is_number": False}, "position": 1}
    return WorkflowRule.objects.create(**place, **rule | values)


def post_form(
    browser: Any, workflow: OpenedWorkflow, notes: str, text: str = "Hello", token: str = "", **more: str
) -> Any:
    data = {"field-input_text": text, "field-target_language": "French", "field-notes": notes}
    url = reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id])
    return browser.post(url, data | {"token": token or str(uuid4()), "then": "list"} | more)


def users() -> list[int | None]:
    """Return the tasks of the rows that use a value, in the order of the rows."""
    return list(FieldValue.objects.used().order_by("row_id").values_list("row__task_id", flat=True))


def fill_in() -> None:
    """Let two minutes pass, and let the worker record what was sent before."""
    for model, name in ((RecordedField, "since"), (Submission, "created_at")):
        model.objects.update(**{name: F(name) - timedelta(minutes=2)})
    while record_earlier():
        pass


def test_a_form_cannot_use_a_value_twice(grid: TypedGrid, api: FakeApi) -> None:
    """Nor can the browser's Back."""
    add_rule(grid.workflow)
    token = str(uuid4())
    assert post_form(grid.browser, grid.workflow, "A-1", token=token).status_code == 302
    assert post_form(grid.browser, grid.workflow, "A-1", token=token).status_code == 302, "the same form once more"
    task = next(iter(api.tasks))
    refused = post_form(grid.browser, grid.workflow, " a-1 ", "Goodbye")
    assert refused.status_code == 422 and f"Sent as {task}. {SENTENCE} Sent by " in text_of(refused)
    refused = post_form(grid.browser, grid.workflow, "A-1", "Goodbye", token=token)
    assert refused.status_code == 422 and f"Sent as {task}. {SENTENCE}" in text_of(refused)
    assert len(api.tasks) == 1 and users() == [task]
    assert post_form(grid.browser, grid.workflow, "A-2", "Goodbye", token=token).status_code == 302
    assert post_form(grid.browser, grid.workflow, "", "No notes").status_code == 302 and len(api.tasks) == 3


def test_a_value_that_further_tasks_have_stays_used(grid: TypedGrid, api: FakeApi) -> None:
    add_rule(grid.workflow, when="target_language", is_value="French")
    api.fail("lost_answer", on="POST")
    post_form(grid.browser, grid.workflow, "A-1")
    unconfirmed, other = Submission.objects.get(), {"field-target_language": "German"}
    assert post_form(grid.browser, grid.workflow, "A-1", "Two", **other).status_code == 302
    task_count = len(api.tasks)
    assert unconfirmed.decide_not_created(grid.owner)
    third = post_form(grid.browser, grid.workflow, "A-1", "Three")
    assert third.status_code == 422 and f"Sent as {max(api.tasks)}. " in text_of(third)
    assert len(api.tasks) == task_count


def test_the_grid_says_where_a_value_is(grid: TypedGrid, api: FakeApi) -> None:
    add_rule(grid.workflow)
    post_form(grid.browser, grid.workflow, "A-1")
    rows = [
        {"number": n, "new": True, "cells": {NAMES[0]: ["", f"{n}"], NAMES[1]: ["", "French"], NAMES[2]: ["", notes]}}
        for n, notes in enumerate(("A-1", "A-2", "A-2"), start=1)
    ]
    grid.save(*rows)
    assert grid.statuses() == {1: "to_fix", 2: "ready", 3: "to_fix"}
    page = grid.read()
    assert f"Sent as {next(iter(api.tasks))}" in page and f"Also in row 2. {SENTENCE}" in page
    assert page.count("Create corrected copy") == 1, "of the task, not of the other row"
    skip(grid, 2)
    assert grid.statuses() == {1: "to_fix", 2: "set_aside", 3: "ready"}, "a skipped row has no value"
    grid.browser.post(grid.step("choose"), {"do": "back", "number": 2})
    grid.change(2, "notes", "A-2", "A-3")
    assert grid.statuses() == {1: "to_fix", 2: "ready", 3: "ready"}, "row 3 is judged again"
    grid.change(1, "notes", "A-1", "A-2")
    assert grid.statuses() == {1: "ready", 2: "ready", 3: "to_fix"}, "the later number has the error"
    grid.create(2)
    end_wait()
    work()
    assert grid.statuses() == {1: "created", 2: "created", 3: "to_fix"}
    grid.change(3, "notes", "A-2", "A-3")
    assert grid.statuses()[3] == "to_fix" and "Also in row 2." in grid.read(), "also after it was sent"


def test_many_saved_rows_are_looked_up(grid: TypedGrid, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.entry.used_values.BATCH", 1)
    add_rule(grid.workflow)
    for number in (1, 2):
        post_form(grid.browser, grid.workflow, f"A-{number}", f"Text {number}")
    rows = [
        {"number": n, "new": True, "cells": {NAMES[0]: ["", "Hi"], NAMES[1]: ["", "French"], NAMES[2]: ["", f"A-{n}"]}}
        for n in (1, 2, 3)
    ]
    grid.save(*rows)
    assert grid.statuses() == {1: "to_fix", 2: "to_fix", 3: "ready"}


def test_rows_of_a_file_are_compared_in_batches(grid: TypedGrid, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.entry.rows.checking.CHECKED_AT_ONCE", 2)
    schema = grid_schema(grid)
    add_rule(grid.workflow, field="input_text")
    post_form(grid.browser, grid.workflow, "", "sent")
    rows = [["a", "French"], ["b", "French"], ["A ", "German"], ["SENT", "German"], ["c", "French"], ["b", "German"]]
    of_file = make_import(grid.workflow.key, schema, rows)
    work()
    found = list(of_file.rows.order_by("number").values_list("status", flat=True))
    assert found == ["ready", "ready", "to_fix", "to_fix", "ready", "to_fix"]
    said = set(of_file.error_groups.values_list("short", flat=True))
    assert said == {"Also in row 2", "Also in row 3", f"Sent as {next(iter(api.tasks))}"}


def test_a_file_that_repeats_many_values_has_few_groups(grid: TypedGrid, api: FakeApi) -> None:
    schema = grid_schema(grid)
    add_rule(grid.workflow, field="input_text")
    rows = [[f"A-{number}", language] for language in ("French", "German") for number in range(70)]
    of_file = make_import(grid.workflow.key, schema, rows)
    work()
    assert of_file.rows.filter(status="to_fix").count() == 70 and of_file.error_groups.count() == 51
    rest = of_file.error_groups.get(value="")
    assert rest.short == "Used already" and rest.message.startswith("Used already. ")


def test_a_saved_cell_has_the_next_rows_judged_again_only(
    grid: TypedGrid, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines_portal.entry.rows.checking.MOST_JUDGED_AGAIN", 2)
    add_rule(grid.workflow)
    for number in range(1, 7):
        grid.type(number, f"Row {number}", "French", "A-1")
    added, add = list[int](), Recheck.add
    monkeypatch.setattr(Recheck, "add", lambda self, row, before: added.append(row.number) or add(self, row, before))
    grid.change(1, "notes", "A-1", "A-2")
    assert set(added) == {1, 2, 3}, "not all rows with the value"
    assert grid.statuses() == {1: "ready", 2: "ready"} | dict.fromkeys(range(3, 7), "to_fix")
    grid.change(1, "notes", "A-2", "A-1")
    assert grid.statuses() == {1: "ready"} | dict.fromkeys(range(2, 7), "to_fix")


def test_a_value_used_since_the_check_stops_its_row_alone(grid: TypedGrid, api: FakeApi) -> None:
    add_rule(grid.workflow)
    grid.type(1, "One", "French", "A-1")
    grid.type(2, "Two", "French", "A-2")
    seen = grid.seen()
    post_form(grid.browser, grid.workflow, "A-1")
    grid.create_seen(seen)
    assert grid.statuses() == {1: "to_fix", 2: "created"}
    assert len(api.tasks) == 2 and "Sent as" in grid.read()


def test_a_row_that_is_held_back_uses_none_of_its_values(grid: TypedGrid, api: FakeApi) -> None:
    """Its text is free, although its notes are not."""
    add_rule(grid.workflow)
    add_rule(grid.workflow, field="input_text", position=2)
    for number in (1, 2, 3):
        grid.type(number, f"Row {number}", "French", f"A-{number}")
    post_form(grid.browser, grid.workflow, "A-1", "Form 1")
    Sheet.objects.update(rows_per_request=1)
    assert start_sending_typed(grid.job, grid.owner, ready_rows(grid.job)) == ""
    assert grid.statuses() == {1: "to_fix", 2: "requested", 3: "requested"}
    assert grid.job.row_counts == {"to_fix": 1, "requested": 2}
    assert not grid.job.rows.exclude(fields=None).exists(), "the values of a request are stored there"
    assert users() == [next(iter(api.tasks))] * 2 + [None] * 4
    assert post_form(grid.browser, grid.workflow, "A-4", "Row 1").status_code == 302


def test_a_waiting_request_counts_as_used_until_it_is_taken_back(grid: TypedGrid, api: FakeApi) -> None:
    add_rule(grid.workflow)
    grid.type(1, "One", "French", "A-1")
    api.fail("lost_request", on="/tasks", times=50)
    grid.create(1)
    assert grid.statuses() == {1: "requested"} and users() == [None]
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    api.plans.clear()
    refused = text_of(post_form(browser_of(colleague), grid.workflow, "A-1"))
    assert f"Used already. {SENTENCE}<" in refused and "Sent by" not in refused
    grid.browser.post(grid.step("stop"), {"to": "grid"})
    assert grid.statuses() == {1: "ready"} and not users()


def test_a_rule_that_came_after_the_request_stops_it(grid: TypedGrid, api: FakeApi) -> None:
    post_form(grid.browser, grid.workflow, "A-1")
    grid.type(1, "One", "French", "A-1")
    grid.type(2, "Two", "French", "A-2")
    api.fail("lost_request", on="/tasks", times=50)
    grid.create(2)
    assert grid.statuses() == {1: "requested", 2: "requested"}
    add_rule(grid.workflow)
    RecordedField.start(grid.workflow.key, 42, "notes")
    fill_in()
    assert users() == [next(iter(api.tasks)), None, None], "waiting rows use their values"
    api.plans.clear()
    end_wait()
    work()
    assert grid.statuses() == {1: "to_fix", 2: "created"} and len(api.tasks) == 2


def test_a_rule_that_came_before_the_claim_has_the_rows_checked_again(grid: TypedGrid, api: FakeApi) -> None:
    post_form(grid.browser, grid.workflow, "", "Hello 7")
    grid.fill(21)
    grid.change(7, "target_language", "French", "German")
    grid.create(21)
    add_rule(grid.workflow, field="input_text")
    RecordedField.start(grid.workflow.key, 42, "input_text")
    fill_in()
    assert len(users()) == 22, "waiting rows use their values"
    FieldValue.objects.exclude(row__task_id=next(iter(api.tasks))).delete()
    end_wait()
    work()
    assert Counter(grid.statuses().values()) == {"ready": 20, "to_fix": 1} and len(api.tasks) == 1
    assert grid.statuses()[7] == "to_fix" and users() == list(api.tasks)


def test_a_corrected_copy_takes_its_value_over_and_gives_it_back(grid: TypedGrid, api: FakeApi) -> None:
    add_rule(grid.workflow)
    grid.type(1, "One", "French", "A-1")
    grid.create(1)
    (task,) = api.tasks
    grid.browser.post(grid.address("copy"), {"task": [task]})
    grid.change(2, "input_text", "One", "One, corrected")
    assert grid.statuses()[2] == "ready"
    api.fail("rejected", on="POST")
    grid.create(1)
    assert grid.statuses()[2] == "rejected" and users() == [task]
    grid.change(2, "input_text", "One, corrected", "One, corrected again")
    grid.create(1)
    assert grid.statuses()[2] == "created" and users() == [task, max(api.tasks)]
    grid.type(3, "Three", "French", "A-1")
    assert grid.statuses()[3] == "to_fix"


def test_a_person_who_decides_that_nothing_was_created_frees_it(grid: TypedGrid, api: FakeApi) -> None:
    add_rule(grid.workflow)
    api.fail("lost_answer", on="POST")
    post_form(grid.browser, grid.workflow, "A-1")
    sent = Submission.objects.get()
    assert sent.status == "unconfirmed" and users() == [None]
    assert post_form(grid.browser, grid.workflow, "A-1", "Two").status_code == 422, "it may be a task"
    assert sent.decide_not_created(grid.owner) and not users()
    assert post_form(grid.browser, grid.workflow, "A-1", "Two").status_code == 302
    said = text_of(grid.browser.post(reverse("submissions:send", args=[sent.pk]), follow=True))
    assert "Not sent. A value that is used once is used already." in said
    assert Submission.objects.get(pk=sent.pk).status == "draft" and len(api.tasks) == 2


def test_earlier_rows_are_recorded_by_the_worker(
    grid: TypedGrid, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines_portal.submissions.used_values.MOST_SUBMISSIONS", 2)
    for number, notes in enumerate(("A-1", "a-1", "A-2", "A-3", "")):
        post_form(grid.browser, grid.workflow, notes, f"Text {number}")
    address = reverse("rules:add", args=[42, 42]).replace("/42/", f"/{grid.workflow.key_id}/", 1)
    rule = {"field": "notes", "kind": "once", "when": "", "message": ""}
    tried = text_of(grid.browser.post(address, rule))
    assert "1 would have been stopped" in tried and "Values of tasks made elsewhere are unknown." in tried
    assert "is used once in this workflow" in tried
    listed = text_of(grid.browser.post(address, rule | {"do": "save"}, follow=True))
    assert "<b>Notes</b> is used once in this workflow" in listed and "Checked since" in listed
    assert not record_earlier(), "who read the rules before may still send"
    fill_in()
    tasks = list(api.tasks)
    assert users() == tasks[:4]
    assert "Checked since" not in text_of(grid.browser.get(address.replace("add/", "")))
    pk = WorkflowRule.objects.get().pk
    switch = address.replace("add/", f"{pk}/switch/")
    grid.browser.post(switch, {"on": "no"})
    post_form(grid.browser, grid.workflow, "A-4")
    grid.browser.post(switch, {"on": "yes"})
    fill_in()
    assert len(users()) == 5, "what was sent while the rule was off"


def test_errors_of_a_grid_name_only_what_its_readers_may_see(grid: TypedGrid, api: FakeApi) -> None:
    """The lead of a team reads the grids of its members, but not what they sent before they were in the team.

    The owner of the key sees all that was sent with it, and others with the same key see nothing of that.
    """
    add_rule(grid.workflow)
    colleague, lead = make_colleague(), User.objects.create_user("lead@acme.example")
    share_key(grid.workflow.key, colleague)
    theirs = TypedGrid(browser_of(colleague), grid.workflow, colleague)
    post_form(grid.browser, grid.workflow, "A-0")
    post_form(theirs.browser, grid.workflow, "A-1")
    theirs.type(1, "One", "French", "A-0")
    page = theirs.read()
    assert "Used already" in page and "Sent as" not in page and "Sent by" not in page
    theirs.change(1, "notes", "A-0", "A-1")
    assert "Sent as" in theirs.read(), "nobody else reads it"
    share_key(grid.workflow.key, make_team(colleague, lead=lead))
    post_form(theirs.browser, grid.workflow, "A-2")
    theirs.type(2, "Two", "French", "A-3")
    theirs.create(1)
    theirs.type(3, "Three", "French", "A-1")
    theirs.type(4, "Four", "French", "A-2")
    shorts = set(theirs.job.error_groups.filter(errors__number__in=(3, 4)).values_list("short", flat=True))
    assert shorts == {"Used already", f"Sent as {list(api.tasks)[2]}"}
    grid.type(1, "One", "French", "A-2")
    assert f"Sent as {list(api.tasks)[2]}" in grid.read()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_imports_at_once_the_second_loses_one_row(grid: TypedGrid, api: FakeApi) -> None:
    """It waits until the first import is committed, and looks then."""

    def request(of_file: Sheet) -> Submission | None:
        with transaction.atomic():
            lock_comparison(of_file.key_id, of_file.workflow_id)
            return next_submission(of_file, [2, 3])

    grid.type(1, "Draft", "French")
    add_rule(grid.workflow, field="input_text")
    schema = grid.job.parsed_schema
    grid.browser.post(grid.address("clear"))
    files = ([["A-1", "French"], ["B", "French"]], [["a-1", "German"], ["C", "French"]])
    imports = [make_import(grid.workflow.key, schema, rows) for rows in files]
    work()
    for each in imports:
        each.refresh_from_db()
        assert each.start_sending(each.owner, 2)
    waiting = AtOnce(lambda: request(imports[1]))
    with transaction.atomic():
        assert request(imports[0])
        waiting.start()
        time.sleep(1)
        assert waiting.is_alive()
    waiting.join()
    assert waiting.result.row_count == 1
    assert [statuses(each) for each in imports] == [{2: "requested", 3: "requested"}, {2: "to_fix", 3: "requested"}]
    imports[1].refresh_from_db()
    assert imports[1].row_counts == {"to_fix": 1, "requested": 1}


def test_a_value_used_while_a_form_is_sent_is_refused(grid: TypedGrid, api: FakeApi) -> None:
    """The form has looked, and found the value free, before the other window sends it."""
    add_rule(grid.workflow)
    api.plans.append(Plan(before=lambda: post_form(grid.browser, grid.workflow, "A-1", "Other"), on="GET.*/tasks"))
    refused = post_form(grid.browser, grid.workflow, "A-1")
    assert refused.status_code == 422 and f"Sent as {next(iter(api.tasks))}. {SENTENCE}" in text_of(refused)
    assert len(api.tasks) == 1 and Submission.objects.count() == 1 and TypedDraft.objects.exists()


def make_grown(grid: TypedGrid, changed: int = 1, owner: User | None = None) -> tuple[Sheet, list[int]]:
    """Send four rows, and import a file with these and a new one. The last `changed` of the four have another language.

    Return the import, checked, and the tasks.
    """
    for number in range(4):
        grid.type(number + 1, f"Hello {number}", "French")
    grid.create(4)
    schema, tasks = grid.job.parsed_schema, [task for task, _ in _tasks(grid)]
    grid.browser.post(grid.address("clear"))
    add_rule(grid.workflow, field="input_text")
    RecordedField.start(grid.workflow.key, 42, "input_text")
    fill_in()
    languages = ["French"] * (4 - changed) + ["German"] * changed
    rows = [[f"Hello {number}", language] for number, language in enumerate([*languages, "French"])]
    grown = make_import(grid.workflow.key, schema, rows, **({"owner": owner} if owner else {}))
    work()
    grown.refresh_from_db()
    return grown, tasks


def _tasks(grid: TypedGrid) -> list[tuple[int, str]]:
    sent = SubmissionRow.objects.filter(submission__workflow_id=grid.workflow.workflow_id, task_id__isnull=False)
    return [(row.task_id or 0, (row.fields or {})["target_language"]) for row in sent.order_by("task_id")]


def step_of(sheet: Sheet, name: str, *more: Any) -> str:
    return reverse(f"sheets:{name}", args=[sheet.pk, *more])


def numbers_shown(browser: Any, sheet: Sheet, show: str) -> list[int]:
    page = text_of(browser.get(step_of(sheet, "page"), {"show": show}))
    return [int(number) for number in re.findall(r'data-number="(\d+)"', page)]


def copy_changed(browser: Any, sheet: Sheet, **more: str) -> str:
    """Press "Create corrected copy" in the line under the grid, and return the page."""
    key = f"alike-{sheet.error_groups.filter(kind__startswith='used ').latest('pk').pk}"
    return text_of(browser.post(step_of(sheet, "alike"), {"reason": key, "do": "copy"} | more, follow=True))


def test_a_row_whose_value_a_task_has_becomes_a_corrected_copy(grid: TypedGrid, api: FakeApi) -> None:
    """Rows with the same values are skipped. The other one waits, and its copy replaces the task."""
    grown, tasks = make_grown(grid)
    assert list(statuses(grown).values()) == [_S.DUPLICATE] * 3 + [_S.TO_FIX, _S.READY]
    page = text_of(grid.browser.get(step_of(grown, "page")))
    assert "<b>3 rows were sent before</b>" in page and "<b>Text to translate</b> was sent before" in page
    assert f"Sent as {tasks[3]}. Text to translate is used once. Sent by " in page
    assert numbers_shown(grid.browser, grown, "errors") == [5]
    said = copy_changed(grid.browser, grown)
    assert "1 row is a corrected copy now" in said and f"corrects {tasks[3]}" in said
    assert statuses(grown)[5] == "ready" and not grown.error_groups.exists()
    grid.browser.post(step_of(grown, "send"), {"rows": "2"})
    work()
    assert statuses(grown)[5] == "created" and len(api.tasks) == 6
    copy = grown.rows.get(number=5)
    (row,) = SubmissionRow.objects.filter(submission=copy.submission_id, number=5)
    assert row.task_id in users()
    assert TaskNote.objects.filter(task_id=tasks[3], replaced_by=row.task_id).exists()


def test_a_corrected_copy_of_a_file_is_undone_and_made_again(grid: TypedGrid, api: FakeApi) -> None:
    """One that is like its task again is a duplicate."""
    grown, tasks = make_grown(grid)
    copy_changed(grid.browser, grown)
    row = {"number": 5, "new": False, "cells": {"target_language": ["German", "French"]}}
    grid.browser.post(step_of(grown, "cells"), json.dumps({"rows": [row]}), content_type="application/json")
    assert statuses(grown)[5] == "duplicate"
    page = text_of(grid.browser.get(step_of(grown, "page"), {"show": "duplicates"}))
    assert "<b>4 rows were sent before</b>" in page and "corrects" not in page
    changes = (("undo", "2", "ready", tasks[3]), ("undo", "1", "to_fix", None), ("redo", "1", "ready", tasks[3]))
    for name, number, status, corrects in changes:
        grid.browser.post(step_of(grown, name), {"number": number})
        assert statuses(grown)[5] == status and grown.rows.get(number=5).corrects_task == corrects
    grown.error_groups.all().delete()
    grid.browser.post(step_of(grown, "rematch"))
    assert grown.rows.get(number=5).corrects_task is None, "with other columns, it may be another task"


def test_one_row_or_all_of_them_become_corrected_copies(grid: TypedGrid, api: FakeApi) -> None:
    grown, tasks = make_grown(grid, changed=3)
    page = " ".join(text_of(grid.browser.get(step_of(grown, "page"))).split())
    assert "<b>Text to translate</b> was sent before <a" in page and "> 3 rows</a>" in page
    assert "Create 3 corrected copies" in page
    assert "Create corrected copy" in text_of(grid.browser.get(step_of(grown, "row", 3)))
    copy_changed(grid.browser, grown, number="3")
    assert list(statuses(grown).values()) == ["duplicate", "ready", "to_fix", "to_fix", "ready"]
    assert "2 rows are corrected copies now" in copy_changed(grid.browser, grown)
    assert list(grown.rows.order_by("number").values_list("corrects_task", flat=True)) == [None, *tasks[1:], None]


def test_what_a_colleague_sent_has_no_copy(grid: TypedGrid, api: FakeApi) -> None:
    """A colleague with the key imports what the owner of the key has sent."""
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    grown, _ = make_grown(grid, owner=colleague)
    browser = browser_of(colleague)
    page = text_of(browser.get(step_of(grown, "page")))
    assert "Used already" in page and "Create corrected copy" not in page and "Sent as" not in row_of(page, 5)
    assert statuses(grown)[5] == "to_fix"
    key = f"one-{grown.error_groups.get().pk}"
    browser.post(step_of(grown, "alike"), {"reason": key, "do": "copy"})
    assert statuses(grown)[5] == "to_fix" and grown.rows.get(number=5).corrects_task is None


def test_two_rows_of_a_file_cannot_correct_one_task(grid: TypedGrid, api: FakeApi) -> None:
    grown, _ = make_grown(grid)
    rows = [["Hello 3", "German"], ["hello 3", "Spanish"]]
    both = make_import(grid.workflow.key, grown.parsed_schema, rows)
    work()
    assert list(statuses(both).values()) == ["to_fix", "to_fix"]
    copy_changed(grid.browser, both)
    assert list(statuses(both).values()) == ["ready", "to_fix"]
    assert both.error_groups.get().short == "Also in row 2"


def test_a_new_owner_corrects_no_task_of_the_former_one(grid: TypedGrid) -> None:
    grown, _ = make_grown(grid)
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    Sheet.objects.filter(pk=grown.pk).update(owner=colleague)
    browser = browser_of(colleague)
    copy_changed(browser, grown)
    assert statuses(grown)[5] == "to_fix" and grown.rows.get(number=5).corrects_task is None


def test_a_value_used_since_the_check_can_still_be_corrected(grid: TypedGrid, api: FakeApi) -> None:
    grid.type(1, "Draft", "French")
    schema = grid.job.parsed_schema
    grid.browser.post(grid.address("clear"))
    add_rule(grid.workflow, field="input_text")
    of_file = make_import(grid.workflow.key, schema, [["A-1", "German"], ["A-2", "French"]])
    work()
    post_form(grid.browser, grid.workflow, "", "A-1")
    grid.browser.post(step_of(of_file, "send"), {"rows": "2"})
    work()
    assert list(statuses(of_file).values()) == ["to_fix", "created"]
    copy_changed(grid.browser, of_file)
    assert statuses(of_file)[2] == "ready" and of_file.rows.get(number=2).corrects_task == min(api.tasks)


def test_open_rows_are_judged_again_once_the_past_is_recorded(grid: TypedGrid, api: FakeApi) -> None:
    """A grid at once, and a file by the worker, before somebody presses the button."""
    post_form(grid.browser, grid.workflow, "", "A-1")
    of_file = make_import(grid.workflow.key, grid_schema(grid), [["a-1", "German"], ["A-2", "French"]])
    work()
    grid.type(1, "A-1", "German")
    add_rule(grid.workflow, field="input_text")
    RecordedField.start(grid.workflow.key, 42, "input_text")
    assert grid.statuses() == {1: "ready"} and statuses(of_file) == {2: "ready", 3: "ready"}
    fill_in()
    assert grid.statuses() == {1: "to_fix"}
    work()
    assert statuses(of_file) == {2: "to_fix", 3: "ready"}


def grid_schema(grid: TypedGrid) -> Schema:
    grid.type(9, "Draft", "French")
    schema = grid.job.parsed_schema
    grid.browser.post(grid.address("clear"))
    grid.job.lines.all().delete()
    return schema


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_typed_sends_of_many_requests_never_wait_in_a_circle(grid: TypedGrid, api: FakeApi) -> None:
    """One has the values in the opposite order. Of each value, one row is requested."""
    add_rule(grid.workflow)
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    theirs, numbers = TypedGrid(browser_of(colleague), grid.workflow, colleague), range(1, 13)
    for number in numbers:
        grid.type(number, f"Mine {number}", "French", f"A-{number}")
        theirs.type(number, f"Theirs {number}", "French", f"A-{13 - number}")
    Sheet.objects.update(rows_per_request=1)
    sends = [
        AtOnce(lambda job=each.job, owner=each.owner: start_sending_typed(job, owner, ready_rows(job)))  # type: ignore[misc]
        for each in (grid, theirs)
    ]
    for send in sends:
        send.start()
    for send in sends:
        send.join()
    assert [send.result for send in sends] == ["", ""]
    both = Counter([*grid.statuses().values(), *theirs.statuses().values()])
    assert both == {"requested": 12, "to_fix": 12} and users() == [None] * 12
