"""The script of the grid saves cells. Each is changed only if it still holds what the page showed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import Change, Row, Sheet
from pipelines_portal.entry.rows import saving
from pipelines_portal.entry.rows.cells import stored_text
from pipelines_portal.entry.rows.fixing import LONGEST_TEXT, change_rows, edit_row
from pipelines_portal.entry.rows.saving import read_posted_cells
from pipelines_portal.entry.sheets.pasting import pasted_cells
from pipelines_portal.matching.columns import NO_HEADER, Matching
from tests.factories import make_colleague
from tests.pages import text_of

from .conftest import Checked
from .making import GOOD, distinct, statuses
from .test_check import BAD, GERMN, check_of, row_of, save
from .test_fix import undo

NONSENSE = [
    "", "x", "null", "[]", "7", "{}", '{"rows": 7}', '{"rows": [7]}', '{"rows": [{}]}', '{"rows": {"number": 2}}',
    '{"rows": [{"number": "2", "cells": {}}]}', '{"rows": [{"number": 0, "cells": {}}]}',
    '{"rows": [{"number": -2, "cells": {}}]}', '{"rows": [{"number": 99999999999, "cells": {}}]}',
    '{"rows": [{"number": 2.5, "cells": {}}]}', '{"rows": [{"number": 2}]}',
    '{"rows": [{"number": 2, "cells": []}]}',
    '{"rows": [{"number": 2, "cells": {"input_text": "Hello"}}]}',
    '{"rows": [{"number": 2, "cells": {"input_text": ["", null]}}]}',
    '{"rows": [{"number": 2, "cells": {"input_text": [1, 2]}}]}',
    '{"rows": [{"number": 2, "cells": {"input_text": ["", "Hello", "?"]}}]}',
    "[" * 100_000,
    b'{"rows": "\xff"}',
]  # fmt: skip


def test_cells_are_saved_and_their_rows_checked_again(page: Any, checked: Checked) -> None:
    """A text that the cell has already is no conflict: the answer to an earlier post may have been lost."""
    sheet = checked([BAD, GERMN, GOOD])
    language = {"target_language": ["Germn", "German"], "no\0tes": ["", "x"], "notes": ["", "\ud800x\0"]}
    answer = save(page, sheet, {2: {"input_text": ["", "Hi"]}, 3: language})
    html = text_of(answer)
    assert answer.status_code == 200 and html.startswith('<div id="saved"')
    assert "Ready" in row_of(html, 2) and "Ready" in row_of(html, 3) and '<tr id="row-4"' not in html
    assert "<b>3 ready</b>" in html and 'id="undo" name="number" value="1"' in html
    assert statuses(sheet) == {2: "ready", 3: "ready", 4: "ready"}
    edits = sheet.rows.get(number=3).edits
    assert edits["target_language"] == "German" and set(edits) == {"target_language", "notes"}
    assert page.get(check_of(sheet)).status_code == 200
    for before in ("Germn", "Something else"):
        html = text_of(save(page, sheet, {3: {"target_language": [before, "German"]}}))
        assert "was not saved" not in html and Change.objects.count() == 1
    undo(page, sheet)
    assert statuses(sheet) == {2: "to_fix", 3: "to_fix", 4: "ready"}


def test_a_cell_that_was_changed_in_another_window_stays_and_the_person_reads_both_texts(
    page: Any, checked: Checked
) -> None:
    sheet = checked([GERMN])
    values = {"target_language": "French"}
    change_rows(sheet, make_colleague(), "Edit rows", [2], lambda row: edit_row(row, values))
    answer = save(page, sheet, {2: {"target_language": ["Germn", "Spanish"], "input_text": ["Hello", "Bye"]}})
    html = text_of(answer)
    assert ("Target language of row 2: Ben Okafor changed it to “French”. Your “Spanish” isn’t saved.") in html
    edits = sheet.rows.get().edits
    assert edits == {"target_language": "French", "input_text": "Bye"}, "other cells of the row are saved"


def test_a_row_that_was_sent_stays_and_the_person_is_told(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD, BAD])
    for status in (Row.Status.REQUESTED, Row.Status.CREATED, Row.Status.UNCONFIRMED):
        sheet.rows.filter(number=2).update(status=status)
        html = text_of(save(page, sheet, {2: {"input_text": ["Hello", "Bye"]}, 3: {"input_text": ["", "Hi"]}}))
        assert "Text to translate of row 2 not saved: the row was sent. You entered “Bye”." in html
        assert "data-sent" in html.split('<tr id="row-2"')[1].split(">")[0]
        assert statuses(sheet) == {2: status, 3: "ready"}
        assert sheet.rows.get(number=2).edits == {}


def test_many_cells_that_were_not_saved_are_quoted_in_few_notes(page: Any, checked: Checked) -> None:
    sheet = checked(distinct(9))
    sheet.rows.update(status=Row.Status.CREATED)
    html = text_of(save(page, sheet, {number: {"notes": ["", f"typed {number}"]} for number in range(2, 11)}))
    assert html.count("<p>Notes of row") == 5 and "<p>4 more cells weren’t saved. Notes of row 7" in html
    assert all(f"You entered “typed {number}”." in html for number in range(2, 11))


def test_while_rows_are_sent_or_checked_nothing_is_saved_and_the_script_keeps_the_text(
    page: Any, checked: Checked
) -> None:
    """An answer of 200 would say that the text is saved."""
    sheet = checked([BAD])
    for status in (Sheet.Status.SENDING, Sheet.Status.CHECKING, Sheet.Status.DELETED):
        Sheet.objects.update(status=status)
        answer = save(page, sheet, {2: {"input_text": ["", "Hello"]}})
        assert answer.status_code == 409 and "Not changed." in answer.json()["problem"]
        assert statuses(sheet) == {2: "to_fix"} and not Change.objects.exists()


def test_nonsense_changes_nothing(page: Any, checked: Checked) -> None:
    sheet = checked([BAD])
    for body in NONSENSE:
        answer = page.post(check_of(sheet, "cells"), body, content_type="application/json")
        assert answer.status_code == 400, body[:80]
    assert statuses(sheet) == {2: "to_fix"} and not Change.objects.exists()


def test_rows_and_fields_that_the_import_does_not_have_are_left_out(page: Any, checked: Checked) -> None:
    """Row 1 is the header. A file gets no new rows. The emptied cell of a row that is gone is no loss."""
    sheet = checked([BAD])
    cells = {"input_text": ["", "Hello"], "nonsense": ["", "x"]}
    posted = {"rows": [{"number": number, "new": True, "cells": cells} for number in (1, 2, 3, 2**31 - 2)]}
    answer = page.post(check_of(sheet, "cells"), json.dumps(posted), content_type="application/json")
    assert answer.status_code == 200
    assert statuses(sheet) == {2: "ready"} and sheet.rows.get().edits == {"input_text": "Hello"}
    html = text_of(answer)
    said = "Text to translate of row {} not saved: the row no longer exists. You entered “Hello”."
    assert all(said.format(number) in html for number in ("1", "3", f"{2**31 - 2:,}")) and said.format("2") not in html
    html = text_of(save(page, sheet, {7: {"input_text": ["Hello", ""]}}))
    assert "not saved" not in html and 'data-gone="7"' in html


def test_a_cell_with_the_line_ends_of_a_file_can_be_edited(page: Any, checked: Checked) -> None:
    sheet = checked([["Hello\r\nthere", "French"]])
    html = text_of(save(page, sheet, {2: {"input_text": ["Hello\nthere", "Hello\nthere"]}}))
    assert "was not saved" not in html and not Change.objects.exists()
    html = text_of(save(page, sheet, {2: {"input_text": ["Hello\nthere", "Hello\nyou"]}}))
    assert "was not saved" not in html and sheet.rows.get().edits == {"input_text": "Hello\nyou"}
    other = checked([["a\r\nb", "French"]])
    html = text_of(save(page, other, {2: {"input_text": ["something else", "c"]}}))
    assert "somebody changed it to “a b”" in html


def test_a_text_that_is_too_long_is_refused_and_not_cut(page: Any, checked: Checked) -> None:
    sheet = checked([BAD])
    longest = "x" * LONGEST_TEXT
    html = text_of(save(page, sheet, {2: {"notes": ["", f"{longest}y"], "input_text": ["", longest]}}))
    assert f"Notes of row 2 not saved: it has more than 200,000 characters. It begins with “{'x' * 60}”." in html
    assert sheet.rows.get().edits == {"input_text": longest}


def test_no_more_rows_are_saved_at_once_than_a_page_has(
    page: Any, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "MOST_POSTED_ROWS", 2)
    sheet = checked(distinct(3))
    save(page, sheet, {number: {"notes": ["", "x"]} for number in range(2, 5)})
    assert sheet.rows.filter(edits={"notes": "x"}).count() == 2


def test_line_ends_are_read_as_the_page_shows_them() -> None:
    body = {"rows": [{"number": 3, "cells": {"notes": ["a\r\nb", "c\rd"]}}]}
    [row] = read_posted_cells(json.dumps(body).encode())
    assert (row.number, row.is_new) == (3, False)
    assert (row.cells["notes"].before, row.cells["notes"].after) == ("a\nb", "c\nd")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\nc\td", [["a", "b"], ["c", "d"]]),
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),
        ('"two\nlines"\t"a ""word"""', [["two\nlines", 'a "word"']]),
        ("a\t\tb", [["a", "", "b"]]),
        ("a\n\nb", [["a"], [], ["b"]]),
        ("", []),
        ("\0", [[""]]),
        ('"Hello," he said.\tFrench\n"Bye\tGerman', [['"Hello," he said.', "French"], ['"Bye', "German"]]),
        ('a 5" pipe\t"quoted"\t""', [['a 5" pipe', "quoted", ""]]),
        ('"two\r\nlines"\r\n""""', [["two\nlines"], ['"']]),
        ('""\na\t\n', [[""], ["a", ""]]),
        ("a\n\n", [["a"]]),
        ("\n\n", [[]]),
        ("x" * 3_000_000, [["x" * 3_000_000]]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_copied_cells_are_read_as_spreadsheets_copy_them(text: str, expected: list[list[str]]) -> None:
    assert pasted_cells(text) == expected


def test_cells_with_many_quotes_are_read_at_once() -> None:
    for text in ('"a\t' * 100_000, '"""a\t' * 30_000, '"' * 300_001, '"x""' * 99_999):
        assert "".join(pasted_cells(text)[0])


def test_a_time_as_the_file_writes_it_is_read_in_the_zone_of_the_file() -> None:
    """An edited cell means the same time as its neighbours, also in words."""
    of_file, due = Matching(day_first=True, zone="America/New_York"), Field(name="x", type="datetime")
    for typed in ("28/11/2026 10:20", "28.11.2026 10:20", "2026-11-28 10:20", "28 Nov 2026 10:20"):
        assert stored_text(due, typed, of_file) == typed
    assert stored_text(due, "today 10:20", of_file).endswith(" 10:20")


@pytest.mark.parametrize(
    ("type_", "typed", "stored"),
    [
        ("short_text", "today 9am", "today 9am"),
        ("ranking", "b > a", "b\na"),
        ("ranking", "b\na", "b\na"),
        ("datetime", "", ""),
        ("datetime", "soon", "soon"),
        ("datetime", "2026-03-01T09:00:00+00:00", "2026-03-01T09:00:00+00:00"),
        ("datetime", "2026-03-01 09:00", "2026-03-01T09:00:00Z"),
        ("datetime", "9999-12-31 23:59", "9999-12-31T23:59:00Z"),
    ],
)
def test_times_and_rankings_are_stored_as_the_import_reads_them(type_: str, typed: str, stored: str) -> None:
    assert stored_text(Field(name="x", type=type_), typed) == stored


@pytest.mark.parametrize(("zone", "clock"), [("Asia/Tokyo", "2026-11-28 08:30"), ("", "2026-11-27 23:30")])
def test_words_over_a_cell_mean_the_clock_of_the_file(zone: str, clock: str) -> None:
    matching, at = Matching(NO_HEADER, [], zone=zone), datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    with timezone.override(UTC):
        assert stored_text(Field(name="due", type="datetime"), "now", matching, at) == clock
