"""Rules of a team: written by leads, tried on what was sent, and holding on every road."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.models import MOST_SENT_AT_ONCE, Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification, Preferences
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.conftest import EVERY_TYPE
from tests.entry.grid.conftest import TypedGrid
from tests.entry.imports.making import make_import
from tests.factories import browser_of, make_colleague, open_workflow, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of

PATTERN = {"field": "input_text", "kind": "pattern", "example": "A-104391", "when": "", "message": ""}


@pytest.fixture
def grid(page: Any, saved_key: SavedKey, api: FakeApi) -> TypedGrid:
    return TypedGrid(page, open_workflow(saved_key, name="Translations"), saved_key.owner)


@pytest.fixture
def every_type(grid: TypedGrid) -> TypedGrid:
    return replace(grid, workflow=open_workflow(grid.workflow.key, EVERY_TYPE))


def address(grid: TypedGrid, name: str, *more: Any) -> str:
    return reverse(f"rules:{name}", args=[grid.workflow.key_id, grid.workflow.workflow_id, *more])


def add(grid: TypedGrid, **values: str) -> Any:
    return grid.browser.post(address(grid, "add"), PATTERN | {"do": "save"} | values, follow=True)


def test_a_rule_is_added_changed_switched_and_deleted(grid: TypedGrid) -> None:
    assert "No rules yet" in text_of(grid.browser.get(address(grid, "list")))
    html = text_of(add(grid))
    assert "<b>Text to translate</b> looks like A-104391</a>" in html and "1 rule on" in html
    rule = WorkflowRule.objects.get()
    edit = address(grid, "edit", rule.pk)
    shown = text_of(grid.browser.get(edit))
    assert "looks like A-104391: “A-”, 6 digits. Otherwise an <b>error</b>" in shown
    changed = PATTERN | {
        "mask": "A-#?#####",
        "ignores_case": "on",
        "message": "As printed",
        "version": "1",
        "do": "save",
    }
    grid.browser.post(edit, changed)
    rule.refresh_from_db()
    assert rule.version == 2 and rule.message == "As printed" and rule.value["mask"] == "A-#?#####"
    assert "“A-”, 5 to 6 digits" in text_of(grid.browser.get(edit)), "the form shows what is stored"
    assert f"changed by <bdi>{grid.owner.email}</bdi>" in text_of(grid.browser.get(edit)), "its history"
    late = grid.browser.post(edit, changed)
    assert late.status_code == 422 and "Someone else changed this rule" in text_of(late)
    grid.browser.post(address(grid, "switch", rule.pk), {"on": "no"})
    assert "1 off" in text_of(grid.browser.get(address(grid, "list")))
    grid.browser.post(address(grid, "delete", rule.pk))
    assert not WorkflowRule.objects.exists()
    said = [event.detail["what"] for event in Event.objects.filter(verb="rule-changed").order_by("pk")]
    assert said == ["added", "changed", "switched off", "deleted"]


def test_a_change_leads_to_where_a_person_goes_on(grid: TypedGrid) -> None:
    """The fragment names something that takes the focus."""
    added = grid.browser.post(address(grid, "add"), PATTERN | {"do": "save"})
    rule = WorkflowRule.objects.get()
    saved = grid.browser.post(address(grid, "edit", rule.pk), PATTERN | {"version": "1", "do": "save"})
    switched = grid.browser.post(address(grid, "switch", rule.pk), {"on": "no"})
    html = text_of(grid.browser.get(address(grid, "list")))
    deleted = grid.browser.post(address(grid, "delete", rule.pk))
    tags = {added: "a", saved: "a", switched: "button", deleted: "a"}
    for answer, tag in tags.items():
        element = answer["Location"].partition("#")[2]
        assert re.search(rf'<{tag} [^>]*id="{element}"', html), element


def test_a_limit_with_two_meanings_is_chosen_by_a_button(every_type: TypedGrid) -> None:
    rule = {"field": "amount", "kind": "compare", "op": "at most", "number": "25,000", "when": "", "message": ""}
    url, browser = address(every_type, "add"), every_type.browser
    answer = text_of(browser.post(url, rule | {"do": "save"}))
    readings = re.findall(r'name="number_as" value="([^"]+)">([^<]+)<', answer)
    assert "25,000 can be read in two ways. Which one?" in answer and {words for _, words in readings} == {
        "25",
        "25000",
    }
    for text, _ in readings:
        chosen = text_of(browser.post(url, rule | {"number_as": text}))
        assert f'name="number" value="{text}"' in chosen and "two ways" not in chosen
    assert not WorkflowRule.objects.exists()
    User.objects.update(number_format=",")
    browser.post(url, rule | {"do": "save"})
    assert WorkflowRule.objects.get().value == {"op": "at most", "number": 25}


def test_numbers_are_allowed_values_however_they_are_typed(every_type: TypedGrid) -> None:
    User.objects.update(number_format=",")
    url, browser = address(every_type, "add"), every_type.browser
    of_amount = {"field": "amount", "kind": "one of", "values": "12,50\n1.000\n0047\n1,245", "when": "", "message": ""}
    assert browser.post(url, of_amount | {"do": "save"}).status_code == 302
    rule = WorkflowRule.objects.get()
    assert rule.value == {"values": [12.5, 1000, 47, 1.245]}
    edit = address(every_type, "edit", rule.pk)
    assert "12,5 1000 47 1,245</textarea>" in text_of(browser.get(edit)), "as it is read again"
    of_text = {"field": "short", "kind": "filled", "when": "amount", "is_value": "07,50", "message": "", "do": "save"}
    browser.post(url, of_text)
    assert WorkflowRule.objects.get(field="short").is_value == 7.5
    refused = text_of(browser.post(url, of_text | {"is_value": "many"}))
    assert "“many” is not a number. Enter one like 25000." in refused
    User.objects.update(number_format="")
    refused = text_of(browser.post(url, of_amount | {"values": "1,240", "do": "save"}))
    assert "1,240 can be read in two ways. Enter " in refused
    assert WorkflowRule.objects.count() == 2


def test_a_comparison_is_tried_as_it_is_shown(every_type: TypedGrid) -> None:
    """The field was chosen just now. Nobody has chosen how to compare yet. A condition on a rating offers its scale."""
    values = {"field": "due", "kind": "compare", "op": "at least", "when": "stars", "message": ""}
    tried = text_of(every_type.browser.post(address(every_type, "add"), values))
    assert re.findall(r'<option value="(\d)"', tried) == ["1", "2", "3", "4", "5"]
    values |= {"when": ""}
    tried = text_of(every_type.browser.post(address(every_type, "add"), values))
    assert "is not in the future. Otherwise" in tried
    saved = every_type.browser.post(address(every_type, "add"), values | {"do": "save"})
    assert saved.status_code == 422 and not WorkflowRule.objects.exists(), "they have to choose what is saved"


def test_what_makes_no_rule_is_said_at_its_field(grid: TypedGrid) -> None:
    for typed, says in (
        ({"kind": "pattern", "example": ""}, "This field is required"),
        ({"field": "notes", "kind": "nonsense", "example": "x" * 201}, "at most 200"),
        ({"field": "nothing"}, "Select a valid choice"),
        ({"field": "target_language", "kind": "one of"}, "This field is required"),
        ({"mask": "A-#####"}, "A-104391 doesn’t fit it"),
        ({"mask": "A-######" + "?#" * 11}, "At most 10 signs may be missing"),
    ):
        refused = add(grid, **typed)
        assert refused.status_code == 422 and says in text_of(refused) and not WorkflowRule.objects.exists()


def test_it_is_tried_on_what_was_sent_and_seen(grid: TypedGrid, api: FakeApi) -> None:
    for number, text in enumerate(("A-104391", "A-10439", "Hello"), 1):
        grid.type(number, text, "French")
    grid.create(3)
    tried = text_of(grid.browser.post(address(grid, "add"), PATTERN))
    assert "Only 3 rows to try it on: 2 would have been stopped" in tried and "The other 1 pass." in tried
    assert "This stops nearly every row" in tried and not WorkflowRule.objects.exists()
    assert ">A-######<" in tried
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    refused = browser_of(colleague).get(address(grid, "add"))
    assert refused.status_code == 403
    assert browser_of(colleague).get(address(grid, "list")).status_code == 200


def test_who_may_not_change_it_reads_it_and_writes_to_those_who_may(grid: TypedGrid) -> None:
    add(grid, message="As printed")
    rule, colleague = WorkflowRule.objects.get(), make_colleague()
    share_key(grid.workflow.key, colleague)
    theirs = browser_of(colleague)
    assert address(grid, "read", rule.pk) in theirs.get(address(grid, "list")).content.decode()
    shown = text_of(theirs.get(address(grid, "read", rule.pk)))
    assert "“A-”, 6 digits. Otherwise an <b>error</b>" in shown and "As printed" in shown
    assert theirs.post(address(grid, "read", rule.pk), {"note": ""}).status_code == 422
    theirs.post(address(grid, "read", rule.pk), {"note": "Their orders begin with B"})
    told = Notification.objects.get()
    assert told.person == grid.owner and told.sentence == "Their orders begin with B"
    assert "asks about a rule in Translations: Text to translate looks like A-104391" in told.title


def test_no_note_is_lost_and_twenty_are_enough_for_an_hour(grid: TypedGrid) -> None:
    """Also if nobody wants such notifications, the page says that nothing was sent."""
    add(grid)
    colleague = make_colleague()
    share_key(grid.workflow.key, colleague)
    theirs, read = browser_of(colleague), address(grid, "read", WorkflowRule.objects.get().pk)
    answers = [theirs.post(read, {"note": f"Note {number}"}) for number in range(22)]
    assert [answer.status_code for answer in answers] == [302] * 20 + [422] * 2
    assert "You sent 20 notes in the last hour" in text_of(answers[-1]) and "Note 21" in text_of(answers[-1])
    assert {one.sentence for one in Notification.objects.all()} == {f"Note {number}" for number in range(20)}
    Notification.objects.update(at=timezone.now() - timedelta(hours=2))
    assert theirs.post(read, {"note": "Later"}).status_code == 302
    Preferences.objects.create(person=grid.owner, listed=[], mailed=[])
    assert "Ask them directly" in text_of(theirs.post(read, {"note": "Unheard"}))


def test_it_holds_on_every_road(grid: TypedGrid, api: FakeApi) -> None:
    """Form, grid, paste and file; and for the row that is being claimed."""
    grid.type(1, "Hello", "French")
    assert grid.statuses() == {1: "ready"}
    add(grid)
    assert grid.statuses() == {1: "to_fix"}, "open drafts are checked again"
    sentence = "Write it like A-104391."
    assert sentence in grid.read() and "Not like A-104391" in grid.read()
    assert address(grid, "read", WorkflowRule.objects.get().pk) in grid.read(), "who meets it can read it"
    form = {"field-input_text": "Hello", "field-target_language": "French", "token": str(uuid4())}
    refused = grid.browser.post(f"/keys/{grid.workflow.key_id}/workflows/42/tasks/new/", form)
    assert refused.status_code == 422 and sentence in text_of(refused)
    grid.paste("Hello\tFrench\nA-000001\tGerman\n", 2, "input_text")
    assert grid.statuses() == {1: "to_fix", 2: "to_fix", 3: "ready"}
    schema = grid.job.parsed_schema
    of_file = make_import(grid.workflow.key, schema, [["Hello", "French"], ["A-123456", "French"]])
    while work_on_next():
        pass
    assert list(of_file.rows.order_by("number").values_list("status", flat=True)) == ["to_fix", "ready"]
    seen = grid.seen()
    WorkflowRule.objects.update(value={"example": "B-1", "mask": "B"})
    assert "Some rows are judged differently now" in json.loads(grid.create_seen(seen).content)["problem"]
    assert not api.tasks and not Submission.objects.exists()


def test_a_rule_holds_for_rows_that_wait_to_be_sent(grid: TypedGrid, api: FakeApi) -> None:
    """They are checked once more: a person looks at them."""
    grid.fill(MOST_SENT_AT_ONCE + 1)
    grid.create(MOST_SENT_AT_ONCE + 1)
    assert set(grid.statuses().values()) == {"requested"}
    add(grid)
    Sheet.objects.update(start_at=None, due_at=timezone.now())
    while work_on_next():
        pass
    assert (set(grid.statuses().values()), grid.job.problem) == ({"to_fix"}, texts.READ_DIFFERENTLY)
    assert not api.tasks and not Submission.objects.exists()


def test_a_rule_that_is_switched_off_lets_rows_pass_again(grid: TypedGrid) -> None:
    """So does one over a field that is gone, and says so."""
    add(grid)
    grid.type(1, "Hello", "French")
    assert grid.statuses() == {1: "to_fix"}
    switch = address(grid, "switch", WorkflowRule.objects.get().pk)
    grid.browser.post(switch, {"on": "no"})
    assert grid.statuses() == {1: "ready"} and grid.job.status == Sheet.Status.CHECKED
    WorkflowRule.objects.update(field="gone")
    grid.browser.post(switch, {"on": "yes"})
    assert "Pipelines no longer has the field gone." in text_of(grid.browser.get(address(grid, "list")))
    assert grid.statuses() == {1: "ready"}


def test_what_was_sent_before_the_rule_is_a_duplicate_and_no_error(grid: TypedGrid, api: FakeApi) -> None:
    """Also if the rule wants a value that the sent rows lack."""
    grid.type(1, "Hello", "French")
    grid.create(1)
    grid.browser.post(grid.address("clear"))
    add(grid, field="notes", kind="filled")
    again = make_import(grid.workflow.key, grid.job.parsed_schema, [["Hello", "French"], ["New", "French"]])
    while work_on_next():
        pass
    assert list(again.rows.order_by("number").values_list("status", flat=True)) == ["duplicate", "to_fix"]
    grid.type(1, "Hello", "French")
    assert grid.statuses() == {1: "duplicate"}


def test_an_equal_row_that_breaks_a_newer_rule_waits_for_a_person(grid: TypedGrid, api: FakeApi) -> None:
    grid.type(1, "Hello", "French")
    grid.type(2, "Hello", "French")
    grid.browser.post(grid.step("choose"), {"do": "twice", "number": 2})
    grid.create(2)
    assert grid.statuses() == {1: "created", 2: "created"}
    add(grid, field="notes", kind="filled")
    again = make_import(grid.workflow.key, grid.job.parsed_schema, [["Hello", "French"]] * 3)
    while work_on_next():
        pass
    assert list(again.rows.order_by("number").values_list("status", flat=True)) == ["duplicate"] * 3
    place = reverse("sheets:choose", args=[again.pk])
    grid.browser.post(place, {"do": "twice", "number": 4})
    assert again.rows.get(number=4).status == "to_fix"
