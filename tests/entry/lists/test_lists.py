"""Reference lists: uploaded, replaced, renamed, searched, downloaded and deleted."""

from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import Workbook

from pipelines_portal.audit.models import Event
from pipelines_portal.entry.lists import files, stored, views
from pipelines_portal.web.time_budget import page_budget
from pipelines_portal.workflows.models import ListEntry, ListFile, ListWord, ReferenceList
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.entry.grid.conftest import TypedGrid
from tests.entry.lists.conftest import CUSTOMERS, Lists
from tests.pages import text_of


def test_a_list_is_uploaded_shown_renamed_exported_and_deleted(lists: Lists) -> None:
    assert "No lists yet" in text_of(lists.browser.get(lists.address("list")))
    chosen = lists.choose(CUSTOMERS)
    shown = text_of(lists.browser.get(chosen["Location"]))
    assert "5 rows" in shown and '<option value="0" selected>Kundennr</option>' in shown, "the code is guessed"
    assert '<option value="1" selected>Firma</option>' in shown and 'value="Customers"' in shown
    assert not ReferenceList.objects.exists()
    answer = lists.decide()
    found = ReferenceList.objects.get()
    assert answer["Location"] == lists.address("detail", found.pk) and not ListFile.objects.exists()
    assert (found.name, found.entry_count, found.version) == ("Customers", 5, 1)
    page = text_of(lists.browser.get(lists.address("detail", found.pk)))
    assert "5 entries" in page and "Nordlicht GmbH" in page and "UmsatzVJ" in page
    everything = text_of(lists.browser.get(lists.address("list")))
    assert "Lists <b>1</b>" in everything and "Kundennr, Firma, Land, UmsatzVJ" in everything
    lists.browser.post(lists.address("rename", found.pk), {"name": "Clients"})
    exported = lists.browser.get(lists.address("export", found.pk))
    lines = b"".join(exported.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == '"Kundennr","Firma","Land","UmsatzVJ"' and len(lines) == 6
    lists.browser.post(lists.address("delete", found.pk))
    assert not ReferenceList.objects.exists() and not ListEntry.objects.exists() and not ListWord.objects.exists()
    said = [(event.detail["what"], event.detail["list"]) for event in Event.objects.filter(verb="list-changed")]
    assert sorted(said) == [("added", "Customers"), ("deleted", "Clients"), ("renamed", "Clients")]


def test_wrong_codes_are_said_with_their_lines(lists: Lists) -> None:
    """The file is stored until the person decides, and no list is."""
    for data, says in (
        ("code;name\n1;a\n 1 ;b\n2;c\n1;d\n", "Code 1 is there 3 times: lines 2, 3 and 5."),
        ("code;name\nCaf\u00e9;a\nCafe\u0301;b\n", "Code Caf\u00e9 is there twice: lines 2 and 3."),
        ("code;name\nB 1;a\nB\u00a01;b\nB\u200b  1;c\n", "Code B 1 is there 3 times: lines 2, 3 and 4."),
        ("code;name\n1;a\n;b\n2;c\n ;d\n", "Lines 3 and 5 have no code."),
        (f"code;name\n1;a\n{'9' * 201};b\n", "Line 3 has a code of more than 200 characters."),
        ("code;name\n" + "1;a\n1;b\n" + "".join(f"{n};c\n{n};d\n" for n in range(2, 40)), "And 19 more problems."),
    ):
        refused = lists.choose(data)
        assert refused.status_code == 422 and says in text_of(refused)
    again = lists.decide()
    assert again.status_code == 422 and says in text_of(again)
    assert not ReferenceList.objects.exists() and not ListEntry.objects.exists()


def test_what_is_no_list_is_refused(lists: Lists) -> None:
    for name, data, says in (
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"code;name\n", "a.csv has no rows"),
        ("a.xlsx", b"PK\x03\x04 no archive", "a.xlsx"),
        ("a.json", b'[{"code": "1"}]', "a.json is JSON"),
        ("a.csv", (";".join(f"c{n}" for n in range(21)) + "\n").encode() * 3, "a.csv has more than 20 columns"),
        ("a.csv", f"code;name\n1;{'x' * 1001}\n".encode(), "Row 2 of a.csv has a text of more than 1,000 characters."),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "old Excel file"),
    ):
        refused = lists.choose(data, name)
        assert refused.status_code == 422 and says in text_of(refused), name
    with page_budget(lists.workflow.key.owner_id):
        refused = lists.choose(CUSTOMERS)
    assert refused.status_code == 422 and "Try again in a minute" in text_of(refused)
    assert not ListFile.objects.exists()


def test_a_text_that_all_cells_of_a_list_refer_to_is_bounded(lists: Lists) -> None:
    """A few bytes of a spreadsheet would be gigabytes: it is refused before the portal holds them."""
    workbook, book = Workbook(), BytesIO()
    for text in ("code", *["x" * 30_000] * 60):
        workbook.active.append([text])
    workbook.save(book)
    refused = lists.choose(book.getvalue(), "a.xlsx")
    assert refused.status_code == 422 and "has a text of more than 1,000 characters" in text_of(refused)
    assert not ListFile.objects.exists()


def test_a_list_has_few_rows_and_a_key_has_few_lists(lists: Lists, monkeypatch: Any) -> None:
    """Two lists have different names."""
    with monkeypatch.context() as patch:
        patch.setattr(files, "MOST_ENTRIES", 3)
        assert "has more than 3 rows" in text_of(lists.choose(CUSTOMERS))
    lists.add()
    lists.choose(CUSTOMERS)
    refused = lists.decide()
    assert refused.status_code == 422 and "There is a list Customers already" in text_of(refused)
    monkeypatch.setattr(stored, "MOST_LISTS", 1)
    assert "A key has at most 1 lists" in text_of(lists.decide(name="Second"))


@pytest.mark.parametrize("is_deleted", [False, True])
def test_the_second_press_of_a_button_says_that_the_list_is_there(
    lists: Lists, monkeypatch: Any, is_deleted: bool
) -> None:
    """The first one deletes the file at its end."""
    lists.choose(CUSTOMERS)
    file = ListFile.objects.get()
    prepared = stored._prepared

    def store_first(*values: Any) -> Any:
        ReferenceList.objects.create(key=lists.workflow.key, name="Customers")
        if is_deleted:
            ListFile.objects.all().delete()
        return prepared(*values)

    monkeypatch.setattr(stored, "_prepared", store_first)
    values = {"name": "Customers", "code": "0", "label": "1", "do": "save"}
    answer = lists.browser.post(lists.address("columns", file.pk), values, follow=True)
    assert answer.redirect_chain == ([(lists.address("list"), 302)] if is_deleted else [])
    assert "There is a list Customers already" in text_of(answer)
    assert ReferenceList.objects.count() == 1


def test_a_name_taken_during_a_rename_is_said(lists: Lists, monkeypatch: Any) -> None:
    found = lists.add()
    save_name = stored._save_name

    def take_name(named: ReferenceList) -> None:
        ReferenceList.objects.create(key=found.key, name="Clients")
        save_name(named)

    monkeypatch.setattr(stored, "_save_name", take_name)
    refused = lists.browser.post(lists.address("rename", found.pk), {"name": "Clients"})
    assert refused.status_code == 422 and "There is a list Clients already" in text_of(refused)


def test_a_list_deleted_meanwhile_is_not_found(lists: Lists, monkeypatch: Any) -> None:
    found = lists.add()
    lists.choose(CUSTOMERS, replaced=found)
    file = ListFile.objects.select_related("reference_list").get()
    lists.browser.post(lists.address("delete", found.pk))
    monkeypatch.setattr(views, "stored_list", lambda *_: found)
    monkeypatch.setattr(views, "stored_file", lambda *_: file)
    assert lists.browser.post(lists.address("delete", found.pk)).status_code == 404
    assert lists.browser.post(lists.address("rename", found.pk), {"name": "Clients"}).status_code == 404
    replaced = {"version": "1", "code": "0", "label": "1", "do": "save"}
    assert lists.browser.post(lists.address("columns", file.pk), replaced).status_code == 404


def test_hostile_texts_are_harmless(lists: Lists) -> None:
    found = lists.add('code;name;=cmd\n"=1+1";<script>alert(1)</script>;"=HYPERLINK(1)"\nB\ufffe;‮gnirts;\n')
    assert set(found.entries.values_list("code", flat=True)) >= {"=1+1"}
    page = lists.browser.get(lists.address("detail", found.pk)).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    exported = b"".join(lists.browser.get(lists.address("export", found.pk)).streaming_content).decode()
    assert '"=1+1"' not in exported, "no spreadsheet runs it"


def test_what_a_replacement_changes_is_shown_before(lists: Lists, grid: TypedGrid) -> None:
    found = lists.add()
    lists.add_rule(found)
    grid.type(1, "Hello", "French", "4730")
    grid.type(2, "Hello", "German", "6120")
    assert grid.statuses() == {1: "ready", 2: "ready"}
    changed = CUSTOMERS.replace("Norma Textil SAS", "Norma SAS").replace("6120", "6121").replace("120400", "7")
    preview = text_of(lists.browser.get(lists.choose(changed, replaced=found)["Location"]))
    assert "1 new" in preview and "6121 Bau Nord KG" in preview
    assert "2 changed" in preview and "4730: Norma Textil SAS → Norma SAS" in preview
    assert "4711: UmsatzVJ: 120400 → 7" in preview
    assert "1 gone" in preview
    assert found.entries.filter(code="6120").exists() and grid.statuses() == {1: "ready", 2: "ready"}
    assert lists.decide().status_code == 302
    found.refresh_from_db()
    assert found.version == 2 and set(found.entries.values_list("code", flat=True)) == {
        "4711", "4712", "4730", "5103", "6121",
    }  # fmt: skip
    assert grid.statuses() == {1: "ready", 2: "to_fix"}, "open drafts are checked again"
    assert Event.objects.filter(verb="list-changed").latest("pk").detail["detail"] == "1 new, 2 changed, 1 gone"
    assert {b"norma sas", b"6121"} < (words := {bytes(word.folded) for word in ListWord.objects.all()})
    assert not {b"norma textil sas", b"6120"} & words
    assert not ListWord.objects.exclude(entry__in=ListEntry.objects.all()).exists()


def test_other_columns_replace_all_entries(lists: Lists) -> None:
    """Of two people who replace a list, the second looks again. Columns that rules need are missed."""
    found = lists.add()
    late = lists.replace(found, CUSTOMERS + "1;New;;\n", version="0")
    assert late.status_code == 422 and "Someone else replaced this list" in text_of(late)
    assert found.entries.count() == 5
    again = lists.replace(found, "Land;Kundennr;Firma\nDE;4711;Nordlicht GmbH\n", code="1", label="2")
    assert again.status_code == 302
    found.refresh_from_db()
    assert (found.columns, found.code_title, found.entry_count) == (["Land", "Kundennr", "Firma"], "Kundennr", 1)
    assert found.entries.get().cells == ["DE", "4711", "Nordlicht GmbH"]
    lists.add_rule(found, fills_0="input_text")
    preview = lists.browser.get(lists.choose("Kundennr;Firma\n4711;Nordlicht\n", replaced=found)["Location"])
    assert "Rules fill fields from columns that this file doesn’t have" in text_of(preview)
    assert "Land. Choose other columns" in text_of(preview)


def test_a_list_in_use_is_not_deleted_and_goes_with_its_key(lists: Lists) -> None:
    found = lists.add()
    lists.add_rule(found)
    refused = lists.browser.post(lists.address("delete", found.pk))
    assert refused.status_code == 422 and "Rules use this list: Translations" in text_of(refused)
    WorkflowRule.objects.update(is_on=False)
    assert lists.browser.post(lists.address("delete", found.pk)).status_code == 422, "it may be switched on again"
    assert "Translations" in text_of(lists.browser.get(lists.address("list")))
    lists.workflow.key.delete()
    assert not ReferenceList.objects.exists() and not ListWord.objects.exists()


def test_entries_are_found_by_code_and_by_each_word_of_the_name(lists: Lists) -> None:
    found = lists.add()
    for words, codes in (
        ("47", ["4711", "4712", "4730"]),
        ("NORD", ["4711", "4712", "6120"]),
        ("sahin gida", ["5103"]),
        ("istanbul", ["5103"]),
        ("ordlicht", []),
        ("x\0", []),
    ):
        page = lists.browser.get(lists.address("detail", found.pk), {"q": words}).content.decode()
        assert [code for code in ("4711", "4712", "4730", "5103", "6120") if f">{code}<" in page] == codes, words


def test_of_two_files_the_later_counts(lists: Lists) -> None:
    """Files that nobody decided about are deleted."""
    first = lists.choose(CUSTOMERS)["Location"]
    lists.choose(CUSTOMERS)
    page = lists.browser.get(first, follow=True)
    assert "Choose the file again." in text_of(page) and ListFile.objects.count() == 1
    assert files.delete_old_files() == 0
    ListFile.objects.update(created_at=timezone.now() - files.STORED_FOR)
    assert files.delete_old_files() == 1


def test_a_spreadsheet_of_excel_is_read_as_it_is_shown(lists: Lists) -> None:
    book, saved = Workbook(), BytesIO()
    for line in (["Code", "Name", "Since"], [4711, "Nordlicht GmbH", "=1/0"], ["0815", "Bau Nord", None]):
        book.active.append(line)
    book.save(saved)
    found = lists.add(saved.getvalue())
    assert dict(found.entries.values_list("code", "cells")) == {
        "4711": ["4711", "Nordlicht GmbH", ""], "0815": ["0815", "Bau Nord", ""],
    }  # fmt: skip
