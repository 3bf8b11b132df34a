"""Step 3: the result of the check."""

import json
from typing import Any

from django.utils import timezone

from pipelines_portal.entry.import_requests import next_submission
from pipelines_portal.entry.imports.lists import count_unfinished
from pipelines_portal.entry.imports.proposals import match_again
from pipelines_portal.entry.models import ErrorGrouping, Row, Sheet
from pipelines_portal.entry.models.row_error import MOST_VALUES
from pipelines_portal.entry.sent_imports import shown_with
from pipelines_portal.entry.statuses import look_of
from pipelines_portal.notifications.models import Notification
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.workflows.fields.verdicts import Problem
from tests.factories import make_colleague
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, distinct, statuses

BAD = ["", "French"]
GERMN = ["Hello", "Germn"]


def check_of(sheet: Any, *more: str) -> str:
    return f"/sheets/{sheet.pk}/grid/{''.join(f'{each}/' for each in more)}"


def save(page: Any, sheet: Any, rows: dict[int, dict[str, list[str]]]) -> Any:
    """Post cells as the script of the grid does: by row and field, the text that the page showed and the typed one."""
    posted = {"rows": [{"number": number, "cells": cells} for number, cells in rows.items()]}
    return page.post(check_of(sheet, "cells"), json.dumps(posted), content_type="application/json")


def row_of(html: str, number: int) -> str:
    """Return the markup of a row of the grid."""
    return html.split(f'<tr id="row-{number}"')[1].split("</tr>")[0]


def test_errors_are_shown_at_their_cells_and_with_a_remedy_for_all_rows(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD, BAD, GERMN, ["Bye", "Germn"]])
    shown = page.get(check_of(sheet))
    html = text_of(shown)
    assert [chip.count for chip in shown.context["chips"]] == [4, 3, 1]
    assert "<b>1 ready</b> · 3 with errors" in html and "Create 1 task <kbd>" in html
    assert "<bdi>“Germn”</bdi> isn’t an option <a" in html and "> 2 rows</a>" in html
    assert "<b>Text to translate</b> is missing <a" in html and "> Row 3 </a>" in html
    assert "Required</span>" in row_of(html, 3) and "1 error" in row_of(html, 3)
    assert "Choose one of the options: French, German, Spanish." in row_of(html, 4)
    assert "Not an option</span>" in row_of(html, 4) and "Ready" in row_of(html, 2)


def test_rows_are_filtered_by_status_field_and_reason(page: Any, checked: Checked) -> None:
    """Invalid parameters are ignored."""
    sheet = checked([GOOD, BAD, GERMN])
    group = sheet.error_groups.get(field_name="input_text")
    for query, rows in (
        ("show=ready", [2]), ("show=errors", [3, 4]), ("show=duplicates", []), ("show=skipped", []),
        ("field=target_language", [4]), (f"reason=alike-{group.pk}", [3]),
        ("show=nonsense", [2, 3, 4]), ("page=0", [2, 3, 4]), ("page=x", [2, 3, 4]), ("field=x", None),
        ("reason=one-99999999999999999999", None), ("reason=x", None),
    ):  # fmt: skip
        shown = page.get(f"{check_of(sheet)}?{query}")
        assert shown.status_code == 200, query
        numbers = [number for number in (2, 3, 4) if f'<tr id="row-{number}"' in shown.content.decode()]
        assert rows is None or numbers == rows, query


def test_a_large_import_is_shown_in_pages_of_a_hundred_rows(page: Any, checked: Checked) -> None:
    """The next error is found on another page. Two hundred rows are on one page."""
    sheet = checked([*distinct(250), GERMN])
    pages = [text_of(page.get(f"{check_of(sheet)}?page={number}")) for number in (1, 9)]
    assert [html.count('<tr id="row-') for html in pages] == [100, 51]
    assert "Rows 2–101" in pages[0] and 'href="?page=2">Next</a>' in pages[0] and "Previous" not in pages[0]
    assert "Rows 202–252" in pages[1]
    answer = page.get(f"{check_of(sheet)}?error_after=0")
    assert answer["Location"] == f"{check_of(sheet)}?page=3&at=252"
    assert 'data-at="252"' in text_of(page.get(answer["Location"]))
    assert page.get(f"{check_of(sheet)}?error_after=252")["Location"].endswith("?page=3&at=252"), "it begins again"
    fixed = checked(distinct(200))
    html = text_of(page.get(check_of(fixed)))
    assert html.count('<tr id="row-') == 200 and 'id="next-page"' not in html
    assert page.get(f"{check_of(fixed)}?error_after=x")["Location"].endswith("?page=1&at=")


def test_the_row_of_a_long_text_is_changed_in_its_form(page: Any, checked: Checked) -> None:
    """A text of more than 1,000 characters is shown in the grid, and edited in the form of the row."""
    sheet = checked([["x" * 1_001, "French"]])
    assert "data-long" in row_of(text_of(page.get(check_of(sheet))), 2)
    form = text_of(page.get(check_of(sheet, "rows", "2")))
    assert "Row 2 of <bdi>rows.csv</bdi>" in form and "x" * 1_001 in form
    assert page.get(check_of(sheet, "rows", "1")).status_code == 404, "the header is no row"
    assert page.get(check_of(sheet, "rows", "99")).status_code == 404
    Sheet.objects.update(status=Sheet.Status.SENDING)
    for pages in ((), ("rows", "2")):
        assert page.get(check_of(sheet, *pages)).status_code == 302


def test_viewers_see_the_check_and_change_nothing(page: Any, checked: Checked, person: Any) -> None:
    sheet = checked([BAD, GOOD])
    person.role = "viewer"
    person.save()
    page.force_login(person)
    html = page.get(check_of(sheet)).content.decode()
    assert "data-page" not in html and "Apply" not in html and 'id="undo"' not in html
    assert "Create 1 task" not in html
    assert page.post(check_of(sheet, "undo"), {"number": 1}).status_code == 403
    assert page.get(check_of(sheet, "rows", "2")).status_code == 403
    assert save(page, sheet, {2: {"input_text": ["", "Hello"]}}).status_code == 403


def test_a_reason_for_each_row_does_not_make_an_endless_page(page: Any, checked: Checked, person: Any) -> None:
    """An API may quote the value in its message about a row."""
    sheet = checked([[f"Hello {number}", "French"] for number in range(300)])
    sheet.rows.update(status=Row.Status.REJECTED)
    sheet.store_counts()
    said = {number: f"Hello {number} says nothing" for number in range(2, 302)}
    faults = {number: [Problem("input_text", "text", "Nothing", text)] for number, text in said.items()}
    ErrorGrouping(sheet).add(faults)
    shown = page.get(check_of(sheet))
    words = text_of(shown)
    assert "298 more<" in words and "200 more errors in the cells" in words
    assert "Errors by column:" not in words, "there is only one"
    assert len(shown.content) < 600_000
    assert "Hello 51 says nothing" in words


def sent_earlier(checked: Checked, rows: list[list[str]]) -> None:
    first = checked(rows)
    start(first)
    work()


def start(sheet: Sheet) -> None:
    Sheet.objects.filter(pk=sheet.pk).update(status="sending", due_at=timezone.now())
    sheet.refresh_from_db()


def test_what_was_sent_before_is_skipped_unless_a_person_includes_it(page: Any, checked: Checked) -> None:
    rows = distinct(9)
    sent_earlier(checked, rows)
    sheet = checked([*rows, ["Hello 10", "French"], BAD])
    assert list(statuses(sheet).values()) == ["duplicate"] * 9 + ["ready", "to_fix"]
    html = text_of(page.get(check_of(sheet)))
    assert "<b>9 rows were sent before</b>" in html and "are skipped" in html and "Create 1 task " in html
    start(sheet)
    work()
    assert list(statuses(sheet).values()) == ["duplicate"] * 9 + ["created", "to_fix"]
    page.post(check_of(sheet, "decide"), {"do": "twice"})
    assert list(statuses(sheet).values())[:9] == ["ready"] * 9


def test_an_import_whose_other_rows_are_duplicates_is_over(page: Any, checked: Checked) -> None:
    sent_earlier(checked, distinct(2))
    sheet = checked(distinct(3))
    start(sheet)
    work()
    sheet.refresh_from_db()
    counts = sheet.counts()
    assert look_of(sheet.status, counts).word == "Created" and not counts.is_unfinished and counts.is_complete
    assert shown_with(Sheet.objects.filter(pk=sheet.pk), "created").exists()
    assert not Sheet.objects.drafts_of(sheet.owner).exists() and not count_unfinished(sheet.owner)
    assert "<strong>2 duplicates were skipped</strong>" in text_of(page.get(sheet.get_absolute_url(), follow=True))
    title = Notification.objects.filter(person=sheet.owner).latest("pk").title
    assert title == f"{sheet.file_name} imported: 1 created, 2 duplicates skipped"


def test_a_duplicate_of_what_is_unconfirmed_keeps_the_import_open(checked: Checked) -> None:
    """Nobody would look at it again, although it may turn out that nothing was created."""
    sent_earlier(checked, distinct(1))
    SubmissionRow.objects.update(status="unconfirmed", task_id=None)
    sheet = checked(distinct(2))
    start(sheet)
    work()
    assert statuses(sheet) == {2: "duplicate", 3: "created"}
    assert Sheet.objects.drafts_of(sheet.owner).get() == sheet
    assert count_unfinished(sheet.owner) == 1
    SubmissionRow.objects.filter(status="unconfirmed").update(status="created", task_id=1)
    assert not Sheet.objects.drafts_of(sheet.owner).exists() and not count_unfinished(sheet.owner)


def test_included_rows_are_duplicates_again_when_columns_are_matched_anew(page: Any, checked: Checked) -> None:
    """They were included with other values."""
    sheet = checked([GOOD, GOOD])
    page.post(check_of(sheet, "decide"), {"do": "twice"})
    assert sheet.rows.filter(is_duplicate_wanted=True).exists() and match_again(sheet)
    assert not sheet.rows.filter(is_duplicate_wanted=True).exists()


def test_duplicates_name_the_task_and_its_sender(page: Any, checked: Checked) -> None:
    colleague = make_colleague()
    first = checked([GOOD])
    start(first)
    work()
    Submission.objects.update(owner=colleague)
    task = Submission.objects.get().rows.get().task_id
    sheet = checked([GOOD, ["Bye", "French"], ["Bye", "French"]])
    assert statuses(sheet) == {2: "duplicate", 3: "ready", 4: "duplicate"}
    html = text_of(page.get(check_of(sheet)))
    assert "<b>1 row was sent before</b>, <b>1 row equals others</b> and are skipped" in " ".join(html.split())
    assert f"tasks/{task}/" in row_of(html, 2) and "Same as row 3" in row_of(html, 4)
    assert 'name="do" value="twice"' in text_of(page.get(f"{check_of(sheet)}rows/4/"))
    page.post(check_of(sheet, "decide"), {"do": "twice", "number": 4})
    html = text_of(page.get(check_of(sheet)))
    assert f'hx-boost="false">{task}</a> <span class="muted">· <bdi>Ben Okafor</bdi>' in html


def test_rows_that_wait_for_pipelines_elsewhere_count_as_sent(page: Any, checked: Checked) -> None:
    first = checked(distinct(3))
    start(first)
    assert first.take_lease()
    next_submission(first)
    again = checked(distinct(4))
    assert list(statuses(again).values()) == ["duplicate"] * 3 + ["ready"]
    assert "<b>3 rows were sent before</b>" in text_of(page.get(check_of(again)))


def test_the_words_that_are_too_many_for_the_list_are_named_as_such(page: Any, checked: Checked) -> None:
    words = [["Hello", f"Word {number}"] for number in range(MOST_VALUES + 3)]
    html = " ".join(text_of(page.get(check_of(checked(words)))).split())
    assert "has other words that aren’t options <a" in html and "> 3 rows</a>" in html
    assert "Choose one of" not in html.split('id="tray"')[1]
