"""Rows that are pasted into the grid."""

from typing import Any

import pytest

from pipelines_portal.entry.grid import views
from pipelines_portal.entry.imports.cells import LONGEST_TEXT
from pipelines_portal.entry.models import Change, ImportJob
from tests.pages import text_of

from .conftest import TypedGrid


def test_cells_are_pasted_from_the_active_one_on(grid: TypedGrid) -> None:
    answer = text_of(grid.paste("Hello\tFrench\nBye\tGerman"))
    assert grid.texts() == {1: ["Hello", "French", ""], 2: ["Bye", "German", ""]}
    assert 'title="Undo: Paste rows"' in answer and 'data-next="3"' in answer
    grid.paste("Spanish\tUrgent\nFrench", 2, "target_language")
    assert grid.texts()[2] == ["Bye", "Spanish", "Urgent"] and grid.texts()[3] == ["", "French", ""]


def test_a_paste_is_undone_as_a_whole(grid: TypedGrid) -> None:
    grid.type(1, "Hello", "French")
    grid.paste("Bye\tGerman\nSo long\tSpanish")
    assert grid.texts()[1] == ["Bye", "German", ""]
    grid.browser.post(grid.step("undo"), {"number": Change.objects.count()})
    assert grid.texts() == {1: ["Hello", "French", ""]}


def test_cells_go_into_the_columns_that_the_page_shows(grid: TypedGrid) -> None:
    grid.paste("Hello\tUrgent", 1, "input_text", columns="input_text\nnotes\nnonsense")
    assert grid.texts() == {1: ["Hello", "", "Urgent"]}
    grid.paste("French\tx\ty\tz", 1, "target_language", columns="input_text\ntarget_language")
    assert grid.texts() == {1: ["Hello", "French", "x"]}, "it goes on in the folded fields"


def test_cells_beyond_the_last_field_are_told(grid: TypedGrid) -> None:
    answer = text_of(grid.paste("Bye\tGerman\tx\ty\nHello\tFrench\tx\ty\tz\t"))
    assert "2 pasted columns have no field and were left out. They begin with “y”, “z”." in answer
    assert grid.texts() == {1: ["Bye", "German", "x"], 2: ["Hello", "French", "x"]}
    answer = text_of(grid.paste("French\tx\ty\t \n", 1, "target_language", columns="input_text\ntarget_language"))
    assert "1 pasted column has no field and was left out. It begins with “y”." in answer
    answer = text_of(grid.paste("\t".join("abcdefghij")))
    assert "7 pasted columns" in answer and "“d”, “e”, “f”, “g”, “h” …." in answer
    assert "left out" not in text_of(grid.paste("Bye\tGerman\tx\t\t"))


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
    """The answer to the first one was lost."""
    for _ in range(2):
        grid.paste("Bye\tGerman\nSo long\tSpanish", blank="1")
    assert grid.texts() == {1: ["Bye", "German", ""], 2: ["So long", "Spanish", ""]}


@pytest.mark.parametrize("blank", ["", "x", "-1", "0", str(2**70)])
def test_a_page_that_does_not_say_which_row_is_empty_pastes_over_rows(grid: TypedGrid, blank: str) -> None:
    grid.fill(2)
    grid.paste("Bye\tGerman", 2, blank=blank)
    assert grid.texts()[2] == ["Bye", "German", ""]


def test_a_pasted_text_that_is_too_long_is_refused_and_not_cut(grid: TypedGrid) -> None:
    answer = text_of(grid.paste(f"Hello\tFrench\t{'x' * (LONGEST_TEXT + 1)}"))
    assert "Notes of row 1 not saved: it has more than 200,000 characters." in answer
    assert grid.texts() == {1: ["Hello", "French", ""]}


def test_quotes_inside_a_cell_swallow_no_rows(grid: TypedGrid) -> None:
    grid.paste('"Hello," he said.\tFrench\n"Bye\tGerman')
    assert grid.texts() == {1: ['"Hello," he said.', "French", ""], 2: ['"Bye', "German", ""]}


def test_pinned_texts_are_put_into_pasted_rows(grid: TypedGrid) -> None:
    grid.browser.post(grid.address("pin"), {"field": "target_language", "text": "German"})
    grid.paste("Hello\nBye\n")
    assert [texts[:2] for texts in grid.texts().values()] == [["Hello", "German"], ["Bye", "German"]]


def test_rows_that_were_sent_stay(grid: TypedGrid) -> None:
    grid.fill(1)
    grid.create(1)
    answer = text_of(grid.paste("Bye\tGerman\nSo long\tSpanish"))
    assert grid.statuses() == {1: "created", 2: "ready"} and grid.texts()[1][0] == "Hello 1"
    assert "Text to translate of row 1 not saved: the row was sent." in answer


def imported_by(answer: Any) -> ImportJob:
    import_job = ImportJob.objects.get(kind="file")
    assert answer.json() == {"go_to": import_job.get_absolute_url()}
    return import_job


@pytest.mark.parametrize(
    "heading",
    ["Text to translate\tTarget language", "input_text\ttarget_language", "Target language\tText to translate"],
)
def test_rows_with_headings_become_an_import(grid: TypedGrid, heading: str) -> None:
    row = "French\tHello" if heading.startswith("Target") else "Hello\tFrench"
    import_job = imported_by(grid.paste(f"{heading}\n{row}"))
    assert import_job.counts().ready == 1 and not ImportJob.objects.filter(kind="typed").exists()


def test_one_line_of_names_is_typed(grid: TypedGrid) -> None:
    grid.paste("Text to translate\tTarget language")
    assert grid.statuses() == {1: "to_fix"}


def test_many_rows_become_an_import(grid: TypedGrid) -> None:
    assert grid.paste("\n".join(f"Hello {n}\tFrench" for n in range(200))).status_code == 200
    assert grid.job.counts().ready == 200 and not ImportJob.objects.filter(kind="file").exists()
    import_job = imported_by(grid.paste("\n".join(f"Bye {n}\tFrench" for n in range(201))))
    assert import_job.lines.count() == 201


def test_a_person_with_many_imports_pastes_no_new_one(grid: TypedGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_STORED", 0)
    answer = grid.paste("Text to translate\tTarget language\nHello\tFrench")
    assert answer.status_code == 409 and "unfinished" in answer.json()["problem"]
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("number", ["", "x", "-1", "99999999999", str(2**63), "0", str(2**31 - 2)])
def test_nonsense_is_refused(grid: TypedGrid, number: Any) -> None:
    assert grid.paste("Hello\tFrench\nBye\tGerman", number).status_code == 400
    assert grid.paste("").status_code == 400
    assert not ImportJob.objects.exists()


def test_a_character_that_databases_refuse_is_removed(grid: TypedGrid) -> None:
    grid.paste("He\0llo\tFrench")
    assert grid.texts() == {1: ["Hello", "French", ""]}


def test_an_empty_line_makes_no_row(grid: TypedGrid) -> None:
    grid.paste("Hello\tFrench\n\t\nBye\tGerman")
    assert grid.texts() == {1: ["Hello", "French", ""], 3: ["Bye", "German", ""]}


def undo(grid: TypedGrid) -> str:
    number = grid.job.changes.filter(is_undone=False).latest("number").number
    done = grid.browser.post(grid.step("undo"), {"number": number}, headers={"HX-Request": "true"}, follow=True)
    return " ".join(text_of(done).split())


def test_an_undone_paste_is_named_and_its_numbers_are_used_again(grid: TypedGrid) -> None:
    rows = "\n".join(f"Hello {number}\tFrench" for number in range(3))
    grid.paste(rows)
    html = undo(grid)
    assert "Undone: Paste rows · 0 ready" in html and "with errors left" not in html and "restored" not in html
    assert 'id="row-1" data-number="1" data-blank' in html
    grid.paste(rows, 1, blank="1")
    assert sorted(grid.texts()) == [1, 2, 3]
    grid.create(3)
    assert set(grid.statuses().values()) == {"created"} and "Hello 2" in grid.read()


def test_a_paste_whose_rows_were_sent_is_not_undone(grid: TypedGrid) -> None:
    grid.paste("Hello\tFrench")
    grid.create(1)
    html = undo(grid)
    assert "Not undone: the row was already sent" in html and "Undone:" not in html


def test_rows_after_cleared_ones_are_shown_once_they_are_created(grid: TypedGrid) -> None:
    grid.fill(3)
    grid.create_seen({number: digest for number, digest in grid.seen().items() if number == 2})
    grid.browser.post(grid.address("clear"))
    grid.change(3, "input_text", "Hello 3", "")
    grid.change(3, "target_language", "French", "")
    assert 'data-number="3" data-blank' in grid.read()
    grid.fill(1, first=3)
    grid.create_seen({3: grid.seen()[3]})
    assert 'id="row-3"' in grid.read()
