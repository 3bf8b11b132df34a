"""Rows that are pasted into the grid."""

import re

import pytest

from pipelines_portal.entry.models import RememberedMatching, Sheet
from pipelines_portal.entry.rows.fixing import LONGEST_TEXT
from pipelines_portal.entry.sheets.views import typing as views
from tests.pages import text_of

from .conftest import NAMES, TypedGrid


def test_cells_are_pasted_from_the_active_one_on(grid: TypedGrid) -> None:
    """The paste is undone as a whole. One line of names is no heading."""
    grid.type(1, "First", "French")
    answer = text_of(grid.paste("Hello\tFrench\nBye\tGerman"))
    assert grid.texts() == {1: ["Hello", "French", ""], 2: ["Bye", "German", ""]}
    assert 'title="Undo: Paste rows"' in answer and 'data-next="3"' in answer
    grid.paste("Spanish\tUrgent\nFrench", 2, "target_language")
    assert grid.texts()[2] == ["Bye", "Spanish", "Urgent"] and grid.texts()[3] == ["", "French", ""]
    for number in (3, 2):
        grid.browser.post(grid.step("undo"), {"number": number})
    assert grid.texts() == {1: ["First", "French", ""]}
    grid.paste("Text to translate\tTarget language", 2)
    assert grid.statuses() == {1: "ready", 2: "to_fix"}


def test_cells_go_into_the_columns_that_the_page_shows(grid: TypedGrid) -> None:
    """If they are more, also into those that it hides: the page shows them then."""
    grid.paste("Hello\tUrgent", 1, "input_text", columns="input_text\nnotes\nnonsense")
    assert grid.texts() == {1: ["Hello", "", "Urgent"]}
    grid.paste("Hi\tFrench\t\nBye\tGerman\t", 2, "input_text", columns="input_text\nnotes")
    assert grid.texts() == {1: ["Hello", "", "Urgent"], 2: ["Hi", "French", ""], 3: ["Bye", "German", ""]}


def test_cells_that_do_not_fit_are_not_pasted(grid: TypedGrid) -> None:
    grid.fill(1)
    answer = grid.paste("Bye\tGerman\tx\nBye\tGerman\tx\ty\t \t", columns="input_text\ntarget_language")
    told = "Not pasted: 4 columns don’t fit into 3 fields from Text to translate on. Begin further left, or copy fewer."
    assert answer.status_code == 409 and answer.json() == {"problem": told}
    told = grid.paste("x\ty\n", 1, "notes").json()["problem"]
    assert "2 columns don’t fit into 1 field from Notes on" in told
    assert grid.texts() == {1: ["Hello 1", "French", ""]}
    grid.paste("Bye\tGerman\tx\t\t ")
    assert grid.texts() == {1: ["Bye", "German", "x"]}


def test_a_row_that_the_page_did_not_show_is_not_overwritten(grid: TypedGrid) -> None:
    grid.fill(3)
    answer = text_of(grid.paste("Bye 2\tGerman\nBye 3\tGerman\nBye 4\tGerman", 2, blank="3"))
    assert grid.texts() == {
        1: ["Hello 1", "French", ""],
        2: ["Bye 2", "German", ""],
        3: ["Hello 3", "French", ""],
        4: ["Bye 4", "German", ""],
        5: ["Bye 3", "German", ""],
    }
    assert '<i data-moved="3">5</i>' in answer and "was not saved" not in answer


def test_a_repeated_paste_makes_no_more_rows(grid: TypedGrid) -> None:
    """The answer to the first one was lost. Pinned texts are put into its rows, and an empty line makes none."""
    grid.browser.post(grid.address("pin"), {"field": "notes", "text": "Urgent"})
    for _ in range(2):
        grid.paste('By\0e\tGerman\n\t\n"So," he said.\tSpanish\n"Hi', blank="1")
    assert grid.texts() == {
        1: ["Bye", "German", "Urgent"],
        3: ['"So," he said.', "Spanish", "Urgent"],
        4: ['"Hi', "", "Urgent"],
    }


def test_a_page_that_does_not_say_which_row_is_empty_pastes_over_rows(grid: TypedGrid) -> None:
    grid.fill(2)
    for number, blank in enumerate(("", "x", "-1", str(2**70))):
        grid.paste(f"Bye {number}\tGerman", 2, blank=blank)
        assert grid.texts()[2] == [f"Bye {number}", "German", ""], blank


def test_a_pasted_text_that_is_too_long_is_refused_and_not_cut(grid: TypedGrid) -> None:
    answer = text_of(grid.paste(f"Hello\tFrench\t{'x' * (LONGEST_TEXT + 1)}"))
    assert "Notes of row 1 not saved: it has more than 200,000 characters." in answer
    assert grid.texts() == {1: ["Hello", "French", ""]}


def test_rows_that_were_sent_stay(grid: TypedGrid) -> None:
    """A paste whose rows were sent is not undone. Earlier changes still are."""
    grid.type(1, "Hello")
    grid.paste("Bye\tGerman", 2)
    answer = text_of(grid.create(1))
    assert 'title="Undo: Edit rows"' in answer and '<form method="post" id="clear-form" hx-boost' in answer
    assert 'hx-push-url="false" action="/sheets' in answer.partition('id="clear-form"')[2], "it is not hidden"
    html = undo(grid)
    assert "Can’t undo: this row is a task now" in html and "Undone" not in html
    assert 'id="redo"' not in html, "nothing was undone"
    answer = text_of(grid.paste("So long\tGerman\nHi\tSpanish", 2))
    assert "Text to translate of row 2 not saved: the row was sent." in answer
    assert grid.statuses() == {1: "to_fix", 2: "created", 3: "ready"} and grid.texts()[2][0] == "Bye"
    undo(grid)
    grid.browser.post(grid.step("undo"), {"number": 1})
    assert grid.texts() == {2: ["Bye", "German", ""]}


ROWS = "Hello\tFrench\nBye\tGerman"


def test_headings_say_into_which_columns_the_rows_go(grid: TypedGrid) -> None:
    """Names, titles in any order, and headings that a person chose before."""
    columns = {"betreff": {"field": "input_text"}, "sprache": {"field": "target_language"}}
    RememberedMatching.objects.create(key=grid.workflow.key, workflow_id=42, data={"columns": columns})
    answer = text_of(grid.paste("input_text\ttarget_language\nHello\tFrench", name="target_language"))
    assert 'data-said="Pasted 1 row. The first one was taken as headings."' in answer and 'data-headed="1"' in answer
    grid.paste("Target language\tText to translate\nFrench\tHi", 2)
    grid.paste("Sprache\tBetreff\nFrench\tBye", 3)
    assert grid.texts() == {number: [text, "French", ""] for number, text in ((1, "Hello"), (2, "Hi"), (3, "Bye"))}


def test_columns_whose_heading_is_no_field_are_told(grid: TypedGrid) -> None:
    heading = "Text to translate\tAgent\tEmpty\tTarget language"
    answer = text_of(grid.paste(f"{heading}\nHello\tBob\t\tFrench\tlost"))
    assert "2 pasted columns have no field and were left out: “Agent”, “lost”." in answer
    assert grid.texts() == {1: ["Hello", "French", ""]}


def test_a_row_that_was_taken_for_headings_is_made_a_row(grid: TypedGrid) -> None:
    grid.type(1, "First", "French")
    text = f"Notes\tText to translate\n{ROWS}"
    answer = text_of(grid.paste(text, 2, blank="2"))
    assert grid.texts()[2] == ["French", "", "Hello"] and len(grid.texts()) == 3
    headed = re.search(r'data-headed="(\d+)"', answer)
    assert headed
    answer = text_of(grid.paste(text, 2, blank="2", first_row="row", instead=headed[1]))
    assert 'data-said="Pasted 3 rows"' in answer and 'data-headed=""' in answer
    assert grid.texts() == {
        1: ["First", "French", ""],
        2: ["Notes", "Text to translate", ""],
        3: ["Hello", "French", ""],
        4: ["Bye", "German", ""],
    }


def test_a_row_is_made_of_headings_only_if_nothing_changed_since(grid: TypedGrid) -> None:
    text = f"Notes\tText to translate\n{ROWS}"
    grid.paste(text)
    grid.type(3, "Later", "French")
    answer = grid.paste(text, first_row="row", instead="1")
    assert answer.status_code == 409 and "newer change" in answer.json()["problem"]
    assert len(grid.texts()) == 3


def test_a_row_that_names_one_field_or_none_is_a_row(grid: TypedGrid) -> None:
    for number, first in enumerate(("Text to translate\tFrench", "Klausel 1 ß\tNDA"), start=1):
        answer = text_of(grid.paste(f"{first}\nBye\tGerman", number))
        assert grid.texts()[number] == [*first.split("\t"), ""] and 'data-headed=""' in answer


def test_many_rows_go_into_the_columns_of_the_grid(grid: TypedGrid) -> None:
    """The first one is a row, and each is where the cursor was."""
    grid.fill(1)
    answer = grid.paste("\n".join(f"French\tClause {n}" for n in range(260)), 2, "target_language", blank="2")
    assert answer.json()["refresh"] and answer.json()["said"] == "Pasted 260 rows"
    assert answer.json()["show"].endswith("at=2")
    assert len(grid.texts()) == 261 and not Sheet.objects.filter(size_bytes__gt=0).exists()
    assert grid.texts()[2] == ["", "French", "Clause 0"] and grid.texts()[261] == ["", "French", "Clause 259"]


def test_thousands_of_rows_become_an_import_with_the_columns_of_the_grid(
    grid: TypedGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_PASTED", 2)
    answer = grid.paste('French\t"Two\nlines"\nGerman\tNotes\nGerman\tOthers', name="target_language")
    sheet = Sheet.objects.get(size_bytes__gt=0)
    assert answer.json() == {"go_to": sheet.get_absolute_url()} and sheet.row_count == 3
    html = text_of(grid.browser.get(sheet.get_absolute_url(), follow=True))
    assert "Two lines" in html and "Others" in html and "Text to translate is missing" in html


def test_more_columns_than_an_import_takes_are_refused(grid: TypedGrid) -> None:
    answer = grid.paste("\n".join(["Hello", "\t".join(["French"] * 301)]))
    assert answer.status_code == 409
    assert answer.json()["problem"] == (
        "Not pasted: there are more than 300 columns. Leave out columns you don’t need."
    )
    assert not Sheet.objects.exists()


def test_a_person_with_many_imports_pastes_no_new_one(grid: TypedGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_STORED", 0)
    monkeypatch.setattr(views, "MOST_PASTED", 1)
    answer = grid.paste(ROWS)
    assert answer.status_code == 409 and "unfinished" in answer.json()["problem"]
    assert not Sheet.objects.exists()


def test_nonsense_is_refused(grid: TypedGrid) -> None:
    for number in ("", "x", "-1", "99999999999", str(2**63), "0", str(2**31 - 2)):
        assert grid.paste("Hello\tFrench\nBye\tGerman", number).status_code == 400
    assert grid.paste("").status_code == 400
    assert not Sheet.objects.exists()


def undo(grid: TypedGrid) -> str:
    number = grid.job.changes.filter(is_undone=False).latest("number").number
    done = grid.browser.post(grid.step("undo"), {"number": number}, headers={"HX-Request": "true"}, follow=True)
    return " ".join(text_of(done).split())


def test_an_undone_paste_is_named_and_its_numbers_are_used_again(grid: TypedGrid) -> None:
    rows = "\n".join(f"Hello {number}\tFrench" for number in range(3))
    grid.paste(rows)
    html = undo(grid)
    assert "<span>Undone</span>" in html and "with errors left" not in html and "restored" not in html
    assert 'id="row-1" data-number="1" data-blank' in html
    grid.paste(rows, 1, blank="1")
    assert sorted(grid.texts()) == [1, 2, 3]
    grid.create(3)
    assert set(grid.statuses().values()) == {"created"} and "Hello 2" in grid.read()


def test_rows_that_are_hidden_count_for_no_page(grid: TypedGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    grid.fill(6)
    grid.create(4)
    grid.browser.post(grid.address("clear"))
    for module, name in (
        ("rows.row_list", "MOST_IN_PAGE"),
        ("sheets.typed_page", "MOST_IN_PAGE"),
        ("rows.row_list", "ROWS_PER_PAGE"),
    ):
        monkeypatch.setattr(f"pipelines_portal.entry.{module}.{name}", 3)
    assert grid.paste("Pasted", 7, NAMES[0], blank="7").json()["show"] == "?page=1&at=7"
    assert grid.paste("Pasted too", 8, NAMES[0], blank="8").json()["show"] == "?page=2&at=8"
    assert 'data-number="8"' in grid.read("?page=2&at=8")
