"""A rule over a list: chosen in its form, the same verdict on all roads, and entries offered while typing."""

import re
from html import unescape
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import ErrorGroup, TypedDraft
from pipelines_portal.entry.rules import views
from pipelines_portal.entry.rules.stored import add_rule, change_rule
from pipelines_portal.notifications.models import Notification
from pipelines_portal.submissions.models import Acceptance
from pipelines_portal.workflows import models
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.verdicts import Verdict
from pipelines_portal.workflows.rules.judge import Rule, Rules
from pipelines_portal.workflows.rules.stored import WorkflowRule, rules_for
from tests import archives, samples
from tests.conftest import ACME
from tests.entry.grid.conftest import TypedGrid
from tests.entry.lists.conftest import CUSTOMERS, Lists
from tests.factories import browser_of, make_colleague, make_person, make_team, open_workflow, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of
from tests.uploads.choosing import check_archive

NEAR = "code;name\nAB-1;Alpha\n"


def form_address(lists: Lists, page: str = "") -> str:
    return f"/keys/{lists.workflow.key_id}/workflows/{lists.workflow.workflow_id}/tasks/new/{page}"


def test_the_rule_names_its_list_and_what_its_columns_fill(lists: Lists) -> None:
    found = lists.add()
    lists.add_rule(found, fills_1="input_text")
    rule = WorkflowRule.objects.get()
    assert rule.reference_list == found and rule.value == {"fills": {"input_text": "Firma"}}
    rules = reverse("rules:list", args=[lists.workflow.key_id, 42])
    assert "<b>Notes</b> is one of Customers (5)" in text_of(lists.browser.get(rules))
    edit = lists.browser.get(reverse("rules:edit", args=[lists.workflow.key_id, 42, rule.pk])).content.decode()
    assert f'<option value="{found.pk}" selected>Customers (5)</option>' in edit
    assert "Firma fills" in edit and '<option value="input_text" selected>' in edit
    twice = {"field": "notes", "kind": "one of", "list": found.pk, "when": "", "message": "", "do": "save"}
    twice |= {"fills-1": "input_text", "fills-2": "input_text"}
    refused = lists.browser.post(reverse("rules:add", args=[lists.workflow.key_id, 42]), twice)
    assert refused.status_code == 422 and "Two columns fill the same field" in text_of(refused)


def test_a_code_is_known_as_it_looks(lists: Lists, grid: TypedGrid) -> None:
    """A file has it with a letter and an accent apart, a space that doesn't break, or a mark of no width."""
    lists.add_rule(lists.add("code;name\nCafe\u0301-1;Nord\u00a0West\nB\u00a01;b\n\u200bC1;c\n"))
    codes = ("Caf\u00e9-1", "Cafe\u0301-1", "B 1", "B\u00a01", "C1", "C2", "b 1")
    grid.paste("\n".join(f"Text {number}\tFrench\t{code}" for number, code in enumerate(codes)))
    assert grid.statuses() == dict.fromkeys(range(1, 6), "ready") | {6: "to_fix", 7: "to_fix"}
    page = grid.read()
    assert "Not in Customers: capital and small letters differ." in page
    assert "Not in Customers." in page
    assert ask(lists, "C1")["values"] == [["C1", "c", {}]]
    assert ask(lists, "nord w")["values"] == [["Caf\u00e9-1", "Nord West", {}]]


def test_many_rows_read_the_codes_once_and_no_rule_reads_none(lists: Lists, monkeypatch: Any) -> None:
    monkeypatch.setattr(models, "MOST_SINGLE_CODES", 3)
    models._codes.clear()
    found = lists.add()
    lists.add_rule(found)
    (rule,) = rules_for(lists.workflow.key_id, 42)
    assert rule.codes
    with CaptureQueriesContext(connection) as met:
        verdicts = [rule.codes.has_code(code) for code in ("4711", "x", "4711", "4712", "1", "2", "3", "6120")]
        assert not rule.codes.has_code_in_other_case("X") and not rule.codes.has_code("9" * 300)
    assert verdicts == [True, False, True, True, False, False, False, True]
    assert len(met) == 4, "three codes, and then all of them"
    with CaptureQueriesContext(connection) as met:
        (again,) = rules_for(lists.workflow.key_id, 42)
        assert again.codes and again.codes.has_code("5103")
    assert len(met) == 1, "they stay in memory"
    assert lists.replace(found, CUSTOMERS.replace("5103", "5104")).status_code == 302
    (changed,) = rules_for(lists.workflow.key_id, 42)
    assert changed.codes and not changed.codes.has_code("5103") and changed.codes.has_code("5104")


def test_a_row_of_a_list_belongs_together(lists: Lists, grid: TypedGrid) -> None:
    """A name that disagrees with the code is a warning, with the name of the list to take. An empty one is none."""
    found = lists.add("code;name;language\n4711;Nordlicht GmbH;German\n4712;Nordwind;\n")
    lists.add_rule(found, fills_1="input_text", fills_2="target_language")
    grid.paste("Handname\tFrench\t4711\nNordlicht GmbH\tGerman\t4711\nNordwind\tFrench\t4712\nOther\tFrench\tnone")
    assert grid.statuses() == {1: "to_look", 2: "ready", 3: "ready", 4: "to_fix"}
    page = grid.read()
    assert "4711 is Nordlicht GmbH" in page and "4711 is German" in page
    (group,) = ErrorGroup.objects.filter(field_name="input_text", kind__startswith="warning")
    grid.browser.post(grid.step("alike"), {"reason": group.problem.mark, "answer": group.value})
    assert grid.job.rows.get(number=1).fields is None and grid.statuses()[1] == "to_look", "the language is another one"
    seen = re.search(r'name="seen" value="(\w+)"', grid.read())
    (group,) = ErrorGroup.objects.filter(field_name="target_language", kind__startswith="warning")
    assert seen
    grid.browser.post(grid.step("accept"), {"reason": group.problem.mark, "all": "yes", "seen": seen[1]})
    row = grid.job.rows.get(number=1)
    assert (row.status, row.fields["input_text"], row.fields["target_language"]) == (
        "ready",
        "Nordlicht GmbH",
        "French",
    )
    grid.change(1, "input_text", "Nordlicht GmbH", "Handname")
    assert grid.statuses()[1] == "to_look", "what was accepted is the language"


def test_each_disagreement_is_accepted_for_its_field_and_entry(lists: Lists, grid: TypedGrid) -> None:
    """Two fields with the same value are two, and what a later list says was accepted by nobody."""
    found = lists.add("code;name;language\nB 1;German;Spanish\n")
    lists.add_rule(found, fills_1="input_text", fills_2="target_language")
    grid.paste("French\tFrench\tB\u00a01")
    for field, status in (("target_language", "to_look"), ("input_text", "ready")):
        (group,) = ErrorGroup.objects.filter(field_name=field)
        shown = text_of(grid.browser.get(grid.address("page")))
        (seen,) = set(re.findall(r'name="seen" value="(\w+)"', shown))
        grid.browser.post(grid.step("accept"), {"reason": group.problem.mark, "all": "yes", "seen": seen})
        assert grid.statuses() == {1: status}
    assert lists.replace(found, "code;name;language\nB 1;Italian;Spanish\n").status_code == 302
    assert grid.statuses() == {1: "to_look"} and ErrorGroup.objects.get().short == "B 1 is Italian"


def test_the_form_offers_what_the_list_has(lists: Lists, api: FakeApi) -> None:
    lists.add_rule(lists.add(), fills_1="input_text")
    typed = {"field-input_text": "Handname", "field-target_language": "French", "field-notes": "4711"}
    refused = lists.browser.post(form_address(lists), typed | {"token": str(uuid4())})
    page = text_of(refused)
    assert refused.status_code == 422 and "4711 is Nordlicht GmbH in Customers." in page
    used = re.search(r'name="answer" value="(field-input_text:Nordlicht GmbH)"[^>]*>Use “Nordlicht GmbH”', page)
    assert used
    answered = lists.browser.post(form_address(lists), typed | {"token": str(uuid4()), "answer": used[1]})
    assert "Nordlicht GmbH</textarea>" in text_of(answered)
    (mark,) = re.findall(r'name="accept" value="([^"]+)"', page)
    lists.add_rule(lists.add("code;language\n4711;german\n", name="Languages"), fills_1="target_language")
    offered = text_of(lists.browser.post(form_address(lists), typed | {"token": str(uuid4()), "accept": mark}))
    assert "field-target_language:German" in offered, "the option that the list means"
    WorkflowRule.objects.filter(reference_list__name="Languages").delete()
    sent = lists.browser.post(form_address(lists), typed | {"token": str(uuid4()), "accept": mark})
    assert sent.status_code == 302 and len(api.tasks) == 1
    assert Acceptance.objects.get().sentence == "4711 is Nordlicht GmbH in Customers."


@pytest.mark.parametrize(
    ("known", "value", "listed", "is_other"),
    [
        ({"type": "numeric"}, 1234.5, "1.234,50", False),
        ({"type": "numeric"}, 1234.5, "1234.6", True),
        ({"type": "boolean"}, True, "yes", False),
        ({"type": "boolean"}, True, "No", True),
        ({"type": "boolean"}, False, "perhaps", False),
        ({"type": "select", "options": ["DE", "AT"]}, "DE", "de", False),
        ({"type": "select", "options": ["DE", "AT"]}, "DE", "AT", True),
        ({"type": "select", "options": ["DE", "AT"]}, "DE", "Austria", False),
        ({"type": "short_text"}, "Nord\u00a0West", "Nord West ", False),
        ({"type": "short_text"}, "Nord", "Nord West", True),
        ({"type": "datetime"}, "2026-01-02T00:00:00Z", "3 Jan 2026", False),
    ],
)
def test_what_a_list_has_is_compared_as_it_is_meant(
    known: dict[str, Any], value: Any, listed: str, is_other: bool
) -> None:
    """What no choice is, and what is written in one of many ways, says nothing."""
    fields = [Field.model_validate({"name": "a", "required": False} | known), Field(name="code", type="short_text")]
    codes = Mock(cell=lambda code, column: listed, entry_count=1)
    codes.name = "Customers"
    parts = Rule(1, 1, Kind.ONE_OF, "code", {"fills": {"a": "Name"}}, codes=codes).parts
    verdict = Verdict(values={"a": value, "code": "4711"})
    Rules(parts, fields).judge(verdict, timezone.now(), {})
    assert [problem.field for problem in verdict.problems] == (["a"] if is_other else [])


def ask(lists: Lists, text: str) -> Any:
    return lists.browser.get(form_address(lists, "suggestions/"), {"field": "notes", "text": text}).json()


def test_entries_are_offered_with_what_they_fill(lists: Lists) -> None:
    lists.add_rule(lists.add(), fills_1="input_text", fills_2="target_language")
    answer = ask(lists, "nord")
    assert answer["list"] == "Customers, 5"
    filled = {"input_text": "Nordlicht GmbH", "target_language": "DE"}
    assert answer["values"][0] == ["4711", "Nordlicht GmbH", filled]
    assert [code for code, *_ in answer["values"]] == ["4711", "4712", "6120"]
    assert ask(lists, "4711")["values"] == [["4711", "Nordlicht GmbH", filled]]
    assert ask(lists, "n")["values"] == ask(lists, "zz")["values"] == []
    WorkflowRule.objects.update(is_on=False)
    assert ask(lists, "nord") == {"values": []}


def test_a_list_is_offered_to_people_who_want_no_earlier_values(lists: Lists, grid: TypedGrid) -> None:
    lists.browser.post("/account/preference/", {"name": "has_suggestions", "value": "off"})
    grid_address = reverse("sheets:new", args=[lists.workflow.key_id, lists.workflow.workflow_id])
    for address in (form_address(lists, "?view=form"), grid_address):
        assert "data-offers-url" not in lists.browser.get(address).content.decode()
    lists.add_rule(lists.add())
    for address in (form_address(lists, "?view=form"), grid_address):
        assert "data-offers-url" in lists.browser.get(address).content.decode()
    assert len(ask(lists, "nord")["values"]) == 3


def test_without_scripts_the_list_is_a_page_and_nothing_is_lost(lists: Lists) -> None:
    lists.add_rule(lists.add(), fills_1="input_text", fills_2="target_language")
    assert "Choose from Customers" in text_of(lists.browser.get(form_address(lists)))
    typed = {"field-input_text": "", "field-target_language": "French", "field-notes": "nordw", "choose": "notes"}
    sent_on = lists.browser.post(form_address(lists), typed | {"token": str(uuid4())})
    shown = text_of(lists.browser.get(sent_on["Location"]))
    assert re.findall(r'name="code" value="(\d+)"', shown) == ["4712"]
    back = lists.browser.post(form_address(lists, "choose/"), {"field": "notes", "code": "4712"})
    page = lists.browser.get(back["Location"]).content.decode()
    assert 'value="4712"' in page and "Nordwind Logistik AG" in page, "empty fields are filled"
    assert dict(TypedDraft.objects.get().typed)["field-target_language"] == "French", "others stay"
    gone = lists.browser.post(form_address(lists, "choose/"), {"field": "notes", "code": "0"}, follow=True)
    assert "Customers no longer has this code." in text_of(gone) and 'value="4712"' in text_of(gone)
    assert lists.browser.get(form_address(lists, "choose/"), {"field": "input_text"}).status_code == 302
    nothing = text_of(lists.browser.get(form_address(lists, "choose/"), {"field": "notes", "q": "zzz"}))
    assert "Nothing begins with “zzz”" in nothing and "4711" in nothing


def test_rows_beside_an_archive_have_the_same_verdict(lists: Lists, api: FakeApi) -> None:
    fields = [samples.field("scan", "file_upload"), samples.field("customer")]
    api.load(samples.organization(ACME, samples.workflow(9300, "Scans", fields=fields)))
    workflow = open_workflow(lists.workflow.key, 9300, name="Scans")
    WorkflowRule.objects.create(
        key=workflow.key, workflow_id=9300, kind="one of", field="customer", position=1, reference_list=lists.add()
    )
    archive = archives.archive([("a.png", b"x"), ("b.png", b"x")])
    rows = SimpleUploadedFile("rows.csv", b"scan,customer\na.png,4711\nb.png,471\n")
    answer: Any = check_archive(lists.browser, workflow, archive, rows_file=rows, zone="Europe/Vienna")
    found = [(row.values.get("customer"), [str(error) for error in row.errors]) for row in answer.context["given"].rows]
    assert found[0] == ("4711", []) and "Not in Customers" in found[1][1][0]


def test_people_ask_those_who_change_the_list_for_a_code(lists: Lists) -> None:
    lists.add_rule(lists.add())
    lead, colleague = make_person("lead@acme.example"), make_colleague()
    team = make_team(lead=lead)
    share_key(lists.workflow.key, team)
    share_key(lists.workflow.key, colleague)
    browser, choose = browser_of(colleague), form_address(lists, "choose/")
    assert "Ask to add “5240”" in text_of(browser.get(choose, {"field": "notes", "q": "5240"}))
    owners = text_of(lists.browser.get(choose, {"field": "notes", "q": "5240"}))
    assert "Ask to add" not in owners, "they add it themselves"
    for _ in range(2):
        said = text_of(browser.post(choose, {"field": "notes", "request": "5240"}, follow=True))
        assert "We notified those who can add 5240 to Customers" in said
    assert browser.post(choose, {"field": "notes", "request": "4711"}).status_code == 302
    notified = {each.person: each.title for each in Notification.objects.all()}
    assert notified == dict.fromkeys((lists.workflow.key.owner, lead), f"{colleague} asks to add “5240” to Customers")


def test_the_removal_of_a_key_names_its_lists(lists: Lists) -> None:
    lists.add()
    page = text_of(lists.browser.get(reverse("keys:remove", args=[lists.workflow.key_id])))
    assert "Lists will be deleted: Customers." in page


def test_the_grid_and_the_form_lead_to_the_page_that_asks_for_a_code(lists: Lists) -> None:
    lists.add_rule(lists.add())
    colleague = make_colleague()
    share_key(lists.workflow.key, colleague)
    browser = browser_of(colleague)
    grid = TypedGrid(browser, lists.workflow, colleague)
    grid.type(1, "Hello", "French", "52 & 40")
    grid.type(2, "Bonjour", "French", "9999")
    shown = grid.read()
    links = re.findall(r'href="([^"]*choose/\?[^"]*)"\s*>(Ask to add [^/]*)<', shown)
    assert [words for _, words in links] == ["Ask to add <bdi>“52 &amp; 40”", "Ask to add <bdi>“9999”"]
    page = text_of(browser.get(unescape(links[0][0])))
    assert "Ask to add “52 &amp; 40”" in page and 'name="code"' not in page and "Your rows stay as they are." in page
    rows = re.search(r'name="rows" value="([^"]+)"', page)
    assert rows
    posted = {"field": "notes", "request": "52 & 40", "rows": rows[1]}
    asked = browser.post(form_address(lists, "choose/"), posted, follow=True)
    assert asked.redirect_chain[0][0] == grid.step("page") and Notification.objects.exists()
    form = {"field-input_text": "Hi", "field-target_language": "French", "field-notes": "5240", "token": str(uuid4())}
    assert "Ask to add it" in text_of(browser.post(form_address(lists), form))
    known = form | {"field-notes": "4711", "field-input_text": ""}
    assert "Ask to add it" not in text_of(browser.post(form_address(lists), known))
    assert "Ask to add it" not in text_of(lists.browser.post(form_address(lists), form)), "the owner adds it"
    own = TypedGrid(lists.browser, lists.workflow, lists.workflow.key.owner)
    own.type(1, "Hello", "French", "5240")
    assert "Not in Customers" in own.read() and "Ask to add" not in own.read()


def test_a_rule_is_not_saved_when_its_list_is_deleted_meanwhile(lists: Lists, monkeypatch: Any) -> None:
    kept, gone = lists.add(), lists.add(NEAR, name="Near")
    lists.add_rule(kept)
    rule = WorkflowRule.objects.get()

    def delete_first(save: Any) -> Any:
        def save_late(*args: Any) -> Any:
            models.ReferenceList.objects.filter(name="Near").delete()
            return save(*args)

        return save_late

    monkeypatch.setattr(views, "add_rule", delete_first(add_rule))
    monkeypatch.setattr(views, "change_rule", delete_first(change_rule))
    values = {"field": "notes", "kind": "one of", "list": gone.pk, "when": "", "message": "", "do": "save"}
    place = [lists.workflow.key_id, lists.workflow.workflow_id]
    refused = lists.browser.post(reverse("rules:add", args=place), values)
    assert refused.status_code == 422 and "Near was deleted. Choose another list." in text_of(refused)
    other = lists.add(NEAR, name="Near")
    changed = values | {"list": other.pk, "version": "1"}
    refused = lists.browser.post(reverse("rules:edit", args=[*place, rule.pk]), changed)
    assert refused.status_code == 422 and "Near was deleted." in text_of(refused)
    assert WorkflowRule.objects.get().reference_list == kept
