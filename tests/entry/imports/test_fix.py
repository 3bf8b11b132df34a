"""Changing rows before they are sent, and undoing it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.import_requests import next_submission
from pipelines_portal.entry.models import Change, Row, Sheet
from pipelines_portal.entry.rows.fixing import change_rows, edit_row, send_anyway, skip_row
from pipelines_portal.entry.rows.replacing import Replacement
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import rejection
from tests.conftest import EVERY_TYPE
from tests.each_case import each_case
from tests.entry.grid.conftest import TypedGrid
from tests.factories import make_colleague, open_workflow
from tests.htmx_page import HtmxPage
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, statuses
from .test_check import BAD, GERMN, check_of, save


def version(page: Any, sheet: Any, number: int) -> dict[str, str]:
    """Return the mark of the row that its form carries."""
    html = page.get(check_of(sheet, "rows", str(number))).content.decode()
    return {f"was-{number}": re.search(rf'name="was-{number}" value="(\w+)"', html)[1]}


def reason(sheet: Any, field: str, kind: str) -> str:
    return f"{kind}-{sheet.error_groups.get(field_name=field).pk}"


def undo(page: Any, sheet: Any) -> Any:
    last = Change.objects.filter(is_undone=False).order_by("-number").first()
    return page.post(check_of(sheet, "undo"), {"number": last.number if last else 1}, follow=True)


def test_a_row_is_fixed_in_its_form_and_checked_again(page: Any, checked: Checked) -> None:
    sheet = checked([BAD, GERMN])
    form = text_of(page.get(check_of(sheet, "rows", "3")))
    assert "Choose one of the options: French, German, Spanish." in form and "Skip row" in form
    posted = version(page, sheet, 3) | {"v-3-input_text": "Hello", "v-3-target_language": "German"}
    done = page.post(check_of(sheet, "rows"), posted, follow=True)
    assert statuses(sheet) == {2: "to_fix", 3: "ready"}
    assert "1 row updated · 1 row with errors left · 1 ready" in text_of(done)
    assert 'title="Undo: Edit rows"' in text_of(done)
    undo(page, sheet)
    assert statuses(sheet) == {2: "to_fix", 3: "to_fix"}
    assert sheet.rows.filter(edits={}).count() == 2
    done = page.post(check_of(sheet, "rows"), version(page, sheet, 2) | {"aside": "2"}, follow=True)
    assert statuses(sheet) == {2: "set_aside", 3: "to_fix"}
    assert "1 row skipped ·" in text_of(done) and "1 skipped" in text_of(done)
    assert "Skip row" not in text_of(page.get(check_of(sheet, "rows", "2")))


def test_the_form_of_a_row_that_was_sent_quotes_what_was_typed(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD])
    posted = version(page, sheet, 2) | {"v-2-input_text": "Bonjour", "v-2-target_language": GOOD[1]}
    sheet.rows.update(status=Row.Status.CREATED)
    answer = text_of(page.post(check_of(sheet, "rows"), posted, follow=True))
    assert "of row 2 not saved: the row was sent. You entered “Bonjour”." in answer
    assert answer.count("not saved") == 1 and not sheet.rows.get().edits


def test_all_rows_of_a_reason_are_changed_alike_and_it_is_undone_as_a_whole(
    page: Any, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The likely choice is offered. Rows whose error is fixed are no longer selected."""
    for module in ("checking", "fixing"):
        monkeypatch.setattr(f"pipelines_portal.entry.rows.{module}.RECHECKED_AT_ONCE", 3)
    sheet = checked([*(["Text " + str(number), "Germn"] for number in range(7)), GOOD])
    key = reason(sheet, "target_language", "one")
    refused = page.post(check_of(sheet, "alike"), {"reason": key, f"to-{key}": " "})
    assert refused.status_code == 422 and "Choose a replacement first." in text_of(refused)
    selected = text_of(page.get(f"{check_of(sheet)}?reason={key}"))
    assert '<option value="German" selected>German</option>' in selected and 'id="row-9"' not in selected
    done = page.post(check_of(sheet, "alike"), {"reason": key, f"to-{key}": "German"}, follow=True)
    assert set(statuses(sheet).values()) == {"ready"}
    assert 'title="Undo: Replace with “German”"' in text_of(done)
    assert Change.objects.count() == 1 and not sheet.error_groups.exists()
    gone = text_of(page.get(f"{check_of(sheet)}?reason={key}"))
    assert "No rows" in gone and "Show all rows" in gone and '<tr id="row-' not in gone
    undo(page, sheet)
    assert list(statuses(sheet).values()).count("to_fix") == 7


def test_the_address_is_that_of_the_rows_which_are_shown(page: Any, checked: Checked) -> None:
    """So that a reload, or the script that reads the grid again, shows the same rows."""
    sheet = checked([GOOD, GERMN])
    shown = HtmxPage(page, check_of(sheet))
    shown.press(shown.find(f"#rows-of-{reason(sheet, 'target_language', 'one')}"))
    assert "?reason=one-" in shown.address and not list(shown.find_all("#row-2"))
    shown.assert_as_loaded("#sheet")
    shown.press(shown.find("button", "Apply"))
    assert shown.find("#row-2") and "reason" not in shown.address
    shown.assert_as_loaded("#sheet")


def test_a_remedy_leaves_alone_what_a_colleague_mended_meanwhile(page: Any, checked: Checked) -> None:
    colleague = make_colleague()
    sheet = checked([GERMN, ["Bye", "Germn"]])
    key = reason(sheet, "target_language", "one")
    change_rows(sheet, colleague, "Edit rows", [2], lambda row: edit_row(row, {"target_language": "French"}))
    done = page.post(check_of(sheet, "alike"), {"reason": key, f"to-{key}": "German"}, follow=True)
    assert "1 row updated ·" in text_of(done)
    assert [row.edits["target_language"] for row in sheet.rows.order_by("number")] == ["French", "German"]


def test_duplicates_are_skipped_or_sent_all_the_same(page: Any, checked: Checked) -> None:
    """So are rows with errors, one or all of a reason, and all of them are taken back."""
    sheet = checked([GOOD, GOOD, GOOD, BAD, GERMN])
    page.post(check_of(sheet, "decide"), {"do": "twice"})
    assert statuses(sheet) == {2: "ready", 3: "ready", 4: "ready", 5: "to_fix", 6: "to_fix"}
    undo(page, sheet)
    assert statuses(sheet) == {2: "ready", 3: "duplicate", 4: "duplicate", 5: "to_fix", 6: "to_fix"}
    page.post(check_of(sheet, "rows"), version(page, sheet, 2) | {"aside": "2"})
    assert statuses(sheet) == {2: "set_aside", 3: "ready", 4: "duplicate", 5: "to_fix", 6: "to_fix"}
    page.post(check_of(sheet, "alike"), {"reason": reason(sheet, "input_text", "alike"), "do": "aside"})
    assert statuses(sheet) == {2: "set_aside", 3: "ready", 4: "duplicate", 5: "set_aside", 6: "to_fix"}
    page.post(check_of(sheet, "decide"), {"do": "back"})
    assert statuses(sheet) == {2: "duplicate", 3: "ready", 4: "duplicate", 5: "to_fix", 6: "to_fix"}


@each_case(
    ("form", "found"),
    [
        ({"find": "germn", "put": "German", "how": "whole"}, 2),
        ({"find": "MN", "put": "man", "how": "part"}, 2),
        ({"find": "MN", "put": "man", "how": "part", "case": "on"}, 0),
        ({"find": "", "put": "German", "how": "whole"}, 0),
    ],
)
def test_find_and_replace_says_how_many_before_it_changes_them(
    page: Any, checked: Checked, form: Any, found: int
) -> None:
    sheet = checked([GOOD, GERMN, ["Bye", "Germn"]])
    asked = {"column": "target_language"} | form
    html = text_of(page.post(check_of(sheet, "replace"), asked))
    assert f"{found} rows found" in html
    assert not Change.objects.exists()
    page.post(check_of(sheet, "replace"), asked | {"replace": "1"})
    after = "ready" if found else "to_fix"
    assert statuses(sheet) == {2: "ready", 3: after, 4: after}


YEAR = timezone.now().year


@each_case(
    ("name", "typed", "how", "find", "put", "after"),
    [
        ("due", f"{YEAR}-11-28 00:30", "part", "28", "29", f"{YEAR}-11-28T23:30:00Z"),
        ("due", f"{YEAR}-11-28 00:30", "part", "27", "29", f"{YEAR}-11-27T23:30:00Z"),
        ("due", f"{YEAR}-01-31 00:20:15", "part", "20", "25", f"{YEAR}-01-30T23:25:15Z"),
        ("due", f"{YEAR}-11-8 00:30", "whole", f"{YEAR}-11-08 00:30", f"{YEAR}-11-09 00:30", f"{YEAR}-11-08T23:30:00Z"),
        ("sure", "true", "whole", "yes", "No", "No"),
        ("due", f"{YEAR}-11-28 00:30:15", "part", "00:30", "9:00 pm", f"{YEAR}-11-28T20:00:00Z"),
        ("order", "C\nA", "part", "C > A", "A > C", "A\nC"),
        ("amount", "1.5", "part", "5", "6", "1.6"),
    ],
)
def test_what_cells_show_is_found_and_replaced(
    page: Any, saved_key: SavedKey, name: str, typed: str, how: str, find: str, put: str, after: str
) -> None:
    """Times are stored in UTC, and are shown in the person's time zone and without this year."""
    User.objects.update(time_zone="Europe/Vienna")
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    grid.save({"number": 1, "new": True, "cells": {name: ["", typed]}})
    grid.browser.post(grid.step("replace"), {"column": name, "find": find, "put": put, "how": how, "replace": "1"})
    assert grid.job.rows.get().edits[name] == after


def test_a_long_text_is_not_replaced_in_parts(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD, GERMN])
    for long in ({"find": "m" * 1001, "put": "n"}, {"find": "m", "put": "n" * 1001}):
        asked = {"column": "target_language", "how": "part", "replace": "1"} | long
        answer = page.post(check_of(sheet, "replace"), asked, follow=True)
        assert "Enter at most 1,000 characters to find and replace in a part of the cell." in text_of(answer)
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("text", "find", "put", "replaced"),
    [
        ("İstanbul ΟΔΟΣ", "οδος", "x", "İstanbul x"),
        ("aXbxc", "x", "", "abc"),
        ("a\\1b", "\\1", "\\2", "a\\2b"),
        ("mm" * 150_000, "m", "n", "nn" * 150_000),
        ("m" * 200_000, "m", "nn", "m" * 200_000),
    ],
    ids=["turkish and greek", "all", "not a pattern", "as long", "too long"],
)
def test_a_part_of_a_cell_is_replaced_as_it_is_written(text: str, find: str, put: str, replaced: str) -> None:
    field = Field.model_validate({"name": "a", "title": "A", "type": "short_text", "required": True})
    assert Replacement(field, find, put, is_whole_cell=False).apply(text) == replaced


@example(text="aaa", find="aa", put="b")
@given(text=st.text("ab"), find=st.text("ab", min_size=1, max_size=3), put=st.text("ab", max_size=3))
def test_parts_of_a_cell_are_replaced_as_python_does(text: str, find: str, put: str) -> None:
    """Finds that overlap included."""
    field = Field.model_validate({"name": "a", "title": "A", "type": "short_text", "required": True})
    replacement = Replacement(field, find, put, is_whole_cell=False, is_case_sensitive=True)
    assert replacement.apply(text) == text.replace(find, put)


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(page: Any, checked: Checked) -> None:
    colleague = make_colleague()
    sheet = checked([GERMN, BAD])
    mine = version(page, sheet, 2)
    theirs = change_rows(sheet, colleague, "Skip rows", [2], skip_row)
    assert theirs.changed == [2]
    response = page.post(check_of(sheet, "rows"), mine | {"v-2-target_language": "Spanish"})
    assert response.status_code == 422
    html = text_of(response)
    assert "<bdi>Ben Okafor</bdi> just edited this row." in html and "Now <bdi>“Germn”</bdi>" in html
    assert '<option value="Spanish" selected>' in html
    assert statuses(sheet) == {2: "set_aside", 3: "to_fix"}
    again = dict(re.findall(r'name="(was-2)" value="(\w+)"', response.content.decode()))
    page.post(check_of(sheet, "rows"), again | {"v-2-target_language": "Spanish"})
    assert sheet.rows.get(number=2).edits == {"target_language": "Spanish"}


def redo(page: Any, sheet: Any) -> Any:
    undone = Change.objects.filter(is_undone=True).order_by("number").first()
    return page.post(check_of(sheet, "redo"), {"number": undone.number if undone else 1}, follow=True)


def test_undone_changes_are_made_again_in_their_order(page: Any, checked: Checked) -> None:
    """Only the last change is undone, and only the next one is made again."""
    sheet = checked([BAD, GERMN])
    save(page, sheet, {2: {"input_text": ["", "Hi"]}})
    save(page, sheet, {3: {"target_language": ["Germn", "German"]}})
    late = page.post(check_of(sheet, "undo"), {"number": 1}, follow=True)
    assert "there’s a newer change" in text_of(late) and statuses(sheet) == {2: "ready", 3: "ready"}
    undo(page, sheet)
    assert statuses(sheet) == {2: "ready", 3: "to_fix"}
    undo(page, sheet)
    assert statuses(sheet) == {2: "to_fix", 3: "to_fix"}
    assert "there’s a newer change" in text_of(undo(page, sheet))
    for number in ("", "x", "0", "2", "99999999999999999999"):
        page.post(check_of(sheet, "redo"), {"number": number})
    assert statuses(sheet) == {2: "to_fix", 3: "to_fix"}
    redo(page, sheet)
    assert statuses(sheet) == {2: "ready", 3: "to_fix"}
    redo(page, sheet)
    assert statuses(sheet) == {2: "ready", 3: "ready"}
    undo(page, sheet)
    save(page, sheet, {2: {"input_text": ["Hi", "Good morning"]}})
    redo(page, sheet)
    assert statuses(sheet) == {2: "ready", 3: "to_fix"}, "after another change nothing is made again"
    assert sheet.rows.get(number=2).edits == {"input_text": "Good morning"}


def test_nothing_is_changed_while_rows_are_sent_or_checked(page: Any, checked: Checked) -> None:
    sheet = checked([BAD])
    key = reason(sheet, "input_text", "alike")
    for status in (Sheet.Status.SENDING, Sheet.Status.CHECKING, Sheet.Status.UNCONFIRMED):
        Sheet.objects.update(status=status)
        page.post(check_of(sheet, "alike"), {"reason": key, f"to-{key}": "Hello"})
        assert statuses(sheet) == {2: "to_fix"} and not Change.objects.exists()


def test_rows_that_are_sent_stay_as_they_are(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD, BAD])
    skip = version(page, sheet, 2) | {"aside": "2"}
    page.post(check_of(sheet, "rows"), skip)
    for status in (Row.Status.REQUESTED, Row.Status.CREATED, Row.Status.UNCONFIRMED):
        sheet.rows.filter(number=2).update(status=status)
        done = undo(page, sheet)
        assert statuses(sheet)[2] == status
        assert "Can’t undo: this row is a task now" in text_of(done)
        page.post(check_of(sheet, "rows"), skip)
        assert statuses(sheet)[2] == status


def test_rejected_rows_are_fixed_and_an_undo_says_again_why_they_were(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD])
    submission = rejected(sheet)
    assert statuses(sheet) == {2: "rejected"}
    assert "The API knows no such language" in text_of(page.get(check_of(sheet)))
    save(page, sheet, {2: {"input_text": ["Hello", "Hello once more"]}})
    assert statuses(sheet) == {2: "ready"}
    assert sheet.rows.get().submission is None
    for _ in range(2):
        undo(page, sheet)
        assert statuses(sheet) == {2: "rejected"}
        assert sheet.rows.get().submission == submission
        assert "The API knows no such language" in text_of(page.get(check_of(sheet)))
        redo(page, sheet)
        assert statuses(sheet) == {2: "ready"}
        assert sheet.rows.get().edits == {"input_text": "Hello once more"}


def rejected(sheet: Sheet) -> Submission:
    """Its one row, which the API refused."""
    Sheet.objects.filter(pk=sheet.pk).update(status=Sheet.Status.SENDING, lease_until=None)
    sheet.refresh_from_db()
    assert sheet.take_lease()
    submission = next_submission(sheet)
    assert submission is not None
    assert submission.claim(0, until=None)
    refusal = [(0, "target_language", "The API knows no such language")]
    assert submission.record(rejection(submission.row_count, "Pipelines accepted none of the rows.", refusal))
    Sheet.objects.filter(pk=sheet.pk).update(status=Sheet.Status.CHECKED)
    return submission


def test_rows_that_equal_each_other_are_changed_by_few_queries(
    checked: Checked, person: Any, django_assert_max_num_queries: Any
) -> None:
    """However many they are: while rows are changed, nobody else writes to SQLite."""
    sheet = checked([GOOD] * 300)
    with django_assert_max_num_queries(60):
        change_rows(sheet, person, "chose to send {}", range(2, 302), send_anyway)
    with django_assert_max_num_queries(60):
        change_rows(sheet, person, "Skip rows", [2], skip_row)
    assert set(statuses(sheet).values()) == {"ready", "set_aside"}


@pytest.mark.sqlite
def test_equal_rows_and_tasks_are_found_by_their_digests(checked: Checked, person: Any) -> None:
    """SQLite would read all rows of the import, and all that were sent to the workflow."""
    two = checked([GOOD] * 2)
    two.rows.update(status="ready", is_duplicate_wanted=True)
    two.store_counts()
    assert two.start_sending(person, 2)
    work()
    sheet, other = (checked([GOOD] * 3) for _ in range(2))
    with CaptureQueriesContext(connection) as captured:
        change_rows(other, person, "Edit rows", [4], lambda row: edit_row(row, {"notes": "Gate"}))
        assert sheet.start_sending(person, 1)
        work()
    searches = {each["sql"] for each in captured if re.search(r"row.\..digest. (IN \(|= \S{64})", each["sql"])}
    with connection.cursor() as cursor:
        plans = [str(cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in searches]
    assert len(plans) >= 2 and all("rows_by_digest" in plan for plan in plans)
