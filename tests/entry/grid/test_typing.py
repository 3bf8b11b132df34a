"""Rows that a person types in the grid: an import without a file, which is begun once and keeps every text."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connections
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.deletion import remove_old_imports
from pipelines_portal.entry.models import Change, Sheet
from pipelines_portal.entry.models.form import Preset
from pipelines_portal.entry.rows import fixing, saving
from pipelines_portal.entry.rows.typed import current_typed, get_or_start_typed
from pipelines_portal.keys.clients import client_for
from pipelines_portal.workflows.cached_schemas import forget_schemas
from tests.conftest import CLOSED, EVERY_TYPE, FILES
from tests.each_case import each_case
from tests.factories import browser_of, make_colleague, open_workflow, share_key
from tests.fake_api import FakeApi
from tests.pages import text_of

from .conftest import TypedGrid, move_back


def test_the_first_text_begins_an_import_that_the_page_shows(grid: TypedGrid) -> None:
    html = grid.read()
    assert 'id="row-1" data-number="1" data-blank' in html and "<b>0 ready</b>" in html
    assert "Text to translate</th>" in html and "1 optional field </a>" in html
    assert not Sheet.objects.exists()
    answer = text_of(grid.type(1, "Hello"))
    assert 'data-next="2"' in answer and "Required</span>" in answer and "1 error" in answer
    assert grid.job.status == Sheet.Status.CHECKED and grid.statuses() == {1: "to_fix"}
    grid.change(1, "target_language", "", "French")
    assert grid.statuses() == {1: "ready"}
    html = grid.read()
    assert "Hello</td>" in html and "<b>1 ready</b>" in html and 'id="row-2" data-number="2" data-blank' in html
    schema = client_for(grid.workflow.key).schema(42)
    first, second = (get_or_start_typed(grid.owner, grid.workflow, schema) for _ in range(2))
    assert first == second == current_typed(grid.owner, grid.workflow), "two pages begin one import"


def test_a_post_that_is_repeated_changes_nothing_more(grid: TypedGrid) -> None:
    """The answer to the first one was lost. The person may have gone on typing in the same row."""
    grid.browser.post(grid.address("pin"), {"field": "target_language", "text": "German"})
    answers = [text_of(grid.type(1, "He\0llo")) for _ in range(2)]
    assert grid.texts() == {1: ["Hello", "German", ""]} and Change.objects.count() == 1
    assert all("data-moved" not in answer and "not saved" not in answer for answer in answers)
    answer = text_of(grid.type(1, "Hello", "German", "Urgent"))
    assert grid.texts() == {1: ["Hello", "German", "Urgent"]} and "data-moved" not in answer


def test_numbers_that_another_window_has_taken_are_replaced(grid: TypedGrid) -> None:
    """By the next ones that no other row has, also none of the same post."""
    grid.fill(2)
    cells = {"input_text": ["", "Bye"]}
    gone = {"number": 5, "new": False, "cells": {"input_text": ["x", "y"]}}
    answer = text_of(grid.save(*({"number": number, "new": True, "cells": cells} for number in (1, 2, 3)), gone))
    assert '<i data-moved="1">6</i>' in answer and '<i data-moved="2">7</i>' in answer and 'data-next="8"' in answer
    assert "row 5 not saved: the row no longer exists" in answer and '<tr id="row-6"' in answer
    assert [texts[0] for texts in grid.texts().values()] == ["Hello 1", "Hello 2", "Bye", "Bye", "Bye"]


def test_new_rows_are_saved_with_their_texts_or_not_at_all(grid: TypedGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another window would type into a row that is there and still empty."""

    def fail(*given: Any) -> None:
        raise OperationalError

    grid.fill(1)
    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(fixing.Changes, "check", fail)
        grid.type(2, "Hello", "French")
    assert list(grid.job.lines.values_list("number", flat=True)) == [1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_windows_that_type_into_the_same_numbers_at_once_lose_nothing(grid: TypedGrid) -> None:
    grid.fill(1)
    sheet = grid.job

    def type_rows(name: str) -> saving.SavedRows:
        rows = [
            saving.PostedRow(number, {"input_text": saving.Cell("", f"{name} {number}")}, is_new=True)
            for number in range(2, 32)
        ]
        try:
            return saving.save_rows(sheet, grid.owner, rows)
        finally:
            connections.close_all()

    with ThreadPoolExecutor() as threads:
        saved = list(threads.map(type_rows, ["First", "Second"]))
    assert not any(each.problems for each in saved)
    texts = {row.edits["input_text"] for row in sheet.rows}
    assert texts == {"Hello 1", *(f"{name} {number}" for name in ("First", "Second") for number in range(2, 32))}


def test_a_cell_that_another_window_changed_is_not_overwritten(grid: TypedGrid) -> None:
    grid.type(1, "Hello", "French")
    grid.change(1, "target_language", "French", "German")
    answer = text_of(grid.change(1, "target_language", "French", "Spanish"))
    assert "you changed it to “German” in another window. Your “Spanish” isn’t saved." in answer
    assert grid.texts()[1][1] == "German"


def test_a_text_whose_row_is_gone_is_told(grid: TypedGrid) -> None:
    """Another window deleted the rows, and typing begins a new import."""
    grid.fill(2)
    grid.browser.post(grid.step("delete"))
    answer = text_of(grid.change(2, "input_text", "Hello 2", "Bye"))
    assert "Text to translate of row 2 not saved: the row no longer exists. You entered “Bye”." in answer
    assert 'data-gone="2"' in answer and grid.statuses() == {}


def test_numbers_that_no_grid_reaches_are_refused(grid: TypedGrid) -> None:
    preset = grid.address("preset", make_preset(grid, grid.owner))
    for number in (2**31 - 2, 2_000_000_000):
        assert grid.type(number, "Hello").status_code == 400
        assert grid.browser.post(preset, {"number": number}).status_code == 400
        assert grid.paste("Hello\tFrench", number).status_code == 400
    assert not grid.job.lines.exists()
    assert grid.type(1, "Hello", "French").status_code == 200


def test_an_emptied_row_goes_and_does_not_count(grid: TypedGrid) -> None:
    grid.fill(2)
    grid.change(2, "input_text", "Hello 2", "")
    answer = text_of(grid.change(2, "target_language", "French", ""))
    assert 'data-gone="2"' in answer and '<tr id="row-2"' not in answer
    assert grid.statuses() == {1: "ready"} and grid.job.counts().total == 1
    assert 'data-number="2" data-blank' in grid.read()
    grid.type(2, "Bye", new=False)
    assert grid.statuses() == {1: "ready", 2: "to_fix"}, "it can be typed again"
    grid.save({"number": 1, "cells": {"input_text": ["Hello 1", ""], "target_language": ["French", ""]}})
    grid.change(2, "input_text", "Bye", "")
    assert not grid.statuses() and "No drafts" in text_of(grid.browser.get("/drafts/"))


def test_typed_rows_that_equal_each_other_are_duplicates(grid: TypedGrid) -> None:
    grid.type(1, "Hello", "French")
    answer = text_of(grid.type(2, "Hello", "French"))
    assert grid.statuses() == {1: "ready", 2: "duplicate"} and "Same as row 1" in answer
    assert grid.browser.post(grid.step("choose"), {"do": "twice", "number": "x"}).status_code == 400
    assert grid.statuses()[2] == "duplicate"
    grid.browser.post(grid.step("choose"), {"do": "twice"})
    assert grid.statuses() == {1: "ready", 2: "ready"}


def test_a_time_is_copied_with_its_seconds(page: Any, saved_key: Any) -> None:
    """What Ctrl C and Ctrl D take means the same time again."""
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    for number, clock in ((1, "09:15:30"), (2, "09:15")):
        grid.save({"number": number, "new": True, "cells": {"due": ["", f"3 May 2025 {clock}"]}})
        assert f'data-edited="2025-05-03 {clock}"' in grid.read()
        grid.save({"number": number + 2, "new": True, "cells": {"due": ["", f"2025-05-03 {clock}"]}})
    stored = [row.edits["due"] for row in grid.job.rows.order_by("number")]
    assert stored[:2] == stored[2:] == ["2025-05-03T09:15:30Z", "2025-05-03T09:15:00Z"]


def test_a_time_in_words_becomes_a_moment(page: Any, saved_key: Any) -> None:
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    User.objects.update(time_zone="Europe/Berlin")
    grid.save({"number": 1, "new": True, "cells": {"due": ["", "today 9am"], "short": ["", "x"], "sure": ["", "yes"]}})
    moment = grid.job.rows.get().edits["due"]
    meant = datetime.fromisoformat(moment).astimezone(ZoneInfo("Europe/Berlin"))
    assert moment.endswith("Z") and f"{meant:%H:%M}" == "09:00"
    assert grid.statuses() == {1: "ready"}
    html = grid.read()
    assert "09:00</td>" in html and f'data-text="{moment}"' in html
    answer = grid.change(1, "due", moment, "someday")
    assert "Not a date</span>" in text_of(answer) and grid.statuses() == {1: "to_fix"}


@each_case(
    ("text", "age", "ago"),
    [("now", 1800, timedelta(minutes=30)), ("yesterday 9:00", 86_400, None), ("now", 10**30, timedelta(days=366))],
)
def test_words_for_a_time_mean_when_they_were_typed(
    page: Any, saved_key: Any, text: str, age: int, ago: timedelta | None
) -> None:
    """The page was offline since, and tells their age, of which at most a year is believed."""
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    begun = timezone.now()
    for _ in range(2):  # the answer to the first post was lost
        grid.save({"number": 1, "new": True, "cells": {"due": ["", text, age], "short": ["", "x", age]}})
    moment = datetime.fromisoformat(grid.job.rows.get().edits["due"])
    if ago is None:
        assert moment.date() == (begun - timedelta(days=2)).date() and f"{moment:%H:%M}" == "09:00"
    else:
        assert begun - ago - timedelta(minutes=1) <= moment <= timezone.now() - ago


def test_other_rows_are_reached_by_filters_and_pages(grid: TypedGrid) -> None:
    for first in (1, 201):
        grid.fill(200 if first == 1 else 5, first)
    grid.type(206, "No language")
    last = grid.read()
    assert last.count('<tr id="row-') == 7 and "data-blank" in last, "the last page, where people type"
    assert 'href="?page=2"' in last and 'href="?page=1"' in grid.read("?page=2")
    assert grid.read("?page=2").count('<tr id="row-') == 100 and 'id="row-1"' in grid.read("?page=1")
    errors = grid.read("?show=errors")
    assert errors.count('<tr id="row-') == 1 and "data-blank" not in errors


# Pinned texts and presets


def test_pinned_texts_are_put_into_new_rows(grid: TypedGrid) -> None:
    pin = grid.address("pin")
    for text in ("", "x" * 2_000, "a\0b"):
        assert grid.browser.post(pin, {"field": "notes", "text": text}).status_code == 200
        assert grid.browser.post(pin, {"field": "nonsense", "text": text}).status_code == 400
    grid.browser.post(pin, {"field": "notes", "text": ""})
    said = grid.browser.post(pin, {"field": "target_language", "text": "German"})
    assert said.json() == {"said": "Target language pinned", "pinned": True}
    assert "Pinned values" in grid.read()
    grid.type(1, "")
    assert grid.statuses() == {}, "pins alone make no row"
    grid.type(1, "Hello")
    grid.save({"number": 2, "new": True, "cells": {"input_text": ["", "Bye"], "target_language": ["", "French"]}})
    assert [texts[:2] for texts in grid.texts().values()] == [["Hello", "German"], ["Bye", "French"]]
    grid.save({"number": 1, "new": False, "cells": {"target_language": ["German", ""]}})
    assert grid.texts()[1][1] == "", "only new rows begin with it"
    said = grid.browser.post(pin, {"field": "target_language", "text": "German"})
    assert said.json() == {"said": "Target language no longer pinned", "pinned": False}


def test_a_column_that_counts_up_remembers_how_far(grid: TypedGrid) -> None:
    """The script puts the next text into a new row. After the rows are gone, it needs the last one."""
    pinned = {"field": "input_text", "text": "A-104412", "counts": "1"}
    said = grid.browser.post(grid.address("pin"), pinned)
    assert said.json() == {"said": "Text to translate pinned: new rows count up", "pinned": True}
    assert 'data-last="A-104412"' in grid.read()
    grid.type(1, "A-104413")
    grid.type(2, "", "French")
    assert grid.texts() == {1: ["A-104413", "", ""], 2: ["", "French", ""]}
    assert 'data-last="A-104413"' in grid.read()
    grid.change(2, "input_text", "", "A-104414")
    grid.change(1, "input_text", "A-104413", "A-1")
    assert 'data-last="A-104414"' in grid.read(), "a row above says nothing of the next one"
    said = grid.browser.post(grid.address("pin"), pinned)
    assert (
        said.json() == {"said": "Text to translate no longer pinned", "pinned": False}
        and 'class="pinned" hidden' in grid.read()
    )


def test_a_column_is_pinned_in_one_way(grid: TypedGrid) -> None:
    for number, counts in enumerate([{"counts": "1"}, {}, {"counts": "1"}], start=1):
        grid.browser.post(grid.address("pin"), {"field": "notes", "text": "A-1", **counts})
        assert grid.read().count('data-last="A-1"') == len(counts)
        grid.type(number, f"Hello {number}")
    assert [texts[2] for texts in grid.texts().values()] == ["", "A-1", ""]


def make_preset(grid: TypedGrid, author: User, **values: Any) -> int:
    fields = {"target_language": "German", "notes": "Urgent", "gone": "x"}
    place = {"key": grid.workflow.key, "workflow_id": 42, "author": author}
    return Preset.objects.create(**place, name="Urgent", fields=fields, **values).pk


def test_a_preset_fills_a_new_row_or_an_old_one(grid: TypedGrid) -> None:
    """Not a row that the page did not show."""
    preset = grid.address("preset", make_preset(grid, grid.owner))
    for number in ("", "x", "0", "-1", "99999999999", str(2**63)):
        assert grid.browser.post(preset, {"number": number}).status_code == 400
    of_colleague = grid.address("preset", make_preset(grid, make_colleague()))
    assert grid.browser.post(of_colleague, {"number": 1}).status_code == 404 and not Sheet.objects.exists()
    assert 'data-page="' in (html := grid.read())
    page, button = (re.search(f'{name}="([^"]+)"', html) for name in ("data-page", "data-preset"))
    assert page and button and page[1] + button[1] == preset
    grid.fill(2)
    for number in (1, 2):
        assert grid.browser.post(preset, {"number": number, "blank": 2}).status_code == 200
    filled = ["German", "Urgent"]
    assert grid.texts() == {1: ["Hello 1", *filled], 2: ["Hello 2", "French", ""], 3: ["", *filled]}


# Whose rows, and for how long


def test_another_day_begins_a_new_import(grid: TypedGrid) -> None:
    """Unless rows are left from the day before."""
    grid.fill(1)
    grid.create(1)
    first = grid.job
    grid.type(2, "Bye")
    move_back(days=3)
    html = grid.read()
    assert 'id="row-2"' in html and 'id="row-1"' not in html
    grid.change(2, "target_language", "", "German")
    assert grid.job == first and Sheet.objects.count() == 1
    grid.create(1)
    move_back(days=1)
    assert 'id="row-1" data-number="1" data-blank' in grid.read()
    grid.type(1, "Hello again", "French")
    assert grid.job != first and grid.statuses() == {1: "ready"} and Sheet.objects.count() == 2


def test_created_rows_are_cleared(grid: TypedGrid) -> None:
    """Rows that are created after clearing are shown."""
    grid.fill(3)
    seen = grid.seen()
    grid.create_seen({number: seen[number] for number in (1, 3)})
    assert "Clear created" in grid.read()
    html = text_of(grid.browser.post(grid.address("clear"), follow=True))
    assert 'id="row-2"' in html and 'id="row-1"' not in html and 'id="row-3"' not in html
    grid.create_seen({2: seen[2]})
    html = grid.read()
    assert 'id="row-2"' in html and 'id="row-1"' not in html and 'id="row-3"' not in html
    grid.type(4, "Bye")
    grid.browser.post(grid.address("clear"))
    assert grid.statuses() == dict.fromkeys((1, 2, 3), "created") | {4: "to_fix"}
    grid.change(4, "input_text", "Bye", "")
    assert 'id="row-1" data-number="1" data-blank' in grid.read(), "nothing is left, so a new import begins"


def test_deleted_rows_can_be_restored(grid: TypedGrid) -> None:
    """By one press in the empty grid, and later beside the rows that were typed since."""
    grid.fill(2)
    first, page, restore, question = grid.job, grid.address("page"), grid.step("restore"), grid.step("delete")
    assert f'{question}?to=grid"' in grid.read()
    html = " ".join(text_of(grid.browser.get(f"{question}?to=grid")).split())
    assert "<h2>Delete 2 rows?</h2>" in html and "You can restore them within 30 days." in html
    assert "edited" not in html and f'href="{grid.step("page")}">Cancel' in html
    assert f'href="{first.get_absolute_url()}">Cancel' in text_of(grid.browser.get(question))
    answer = grid.browser.post(question, follow=True)
    html = text_of(answer)
    assert answer.redirect_chain[-1][0] == grid.address("page") != page and "2 rows deleted" in html
    assert "Undo: Delete all rows" in html and 'id="row-1" data-number="1" data-blank' in html
    answer = grid.browser.post(restore, follow=True)
    assert answer.redirect_chain[-1][0] == page and grid.statuses() == {1: "ready", 2: "ready"}
    assert "Undo: Delete all rows" not in text_of(answer)
    grid.browser.post(question)
    html = text_of(grid.browser.get(restore.removesuffix("restore/")))
    assert ">Type rows</a>" in html and ">Form</a>" in html, "the page of the deleted rows"
    grid.type(1, "Bye", "German")
    assert grid.job != first and "Undo: Delete all rows" not in grid.read(), "typing begins a new import"
    grid.browser.post(restore)
    first.refresh_from_db()
    assert first.status == Sheet.Status.CHECKED and first.counts().ready == 2
    check = reverse("sheets:page", args=[first.pk])
    assert "Hello 1" in text_of(grid.browser.get(check, follow=True)), "beside the current rows"


def test_typing_goes_on_after_an_old_import_was_removed(grid: TypedGrid, settings: Any) -> None:
    """Also if the one after it was deleted: each import begins with a token that no other has."""
    for number in range(3):
        grid.type(1, f"Hello {number}", "French")
        if number < 2:
            grid.browser.post(grid.step("delete"))
    oldest = Sheet.objects.earliest("created_at")
    Sheet.objects.filter(pk=oldest.pk).update(deleted_at=timezone.now() - timedelta(days=400))
    grid.browser.post(grid.step("delete"))
    remove_old_imports()
    assert Sheet.objects.count() == 2
    assert grid.type(1, "Once more", "French").status_code == 200
    assert grid.texts() == {1: ["Once more", "French", ""]}


def test_rows_are_shown_to_a_person_who_can_no_longer_use_the_key(grid: TypedGrid) -> None:
    """The list of drafts leads to the grid, in which each person has their own rows."""
    colleague = make_colleague()
    share = share_key(grid.workflow.key, colleague)
    theirs = TypedGrid(browser_of(colleague), grid.workflow, colleague)
    grid.type(1, "Hello")
    theirs.type(1, "Bye", "German")
    assert "Hello" not in theirs.read() and "Bye</td>" not in grid.read()
    assert grid.texts() == {1: ["Hello", "", ""]} and theirs.texts() == {1: ["Bye", "German", ""]}
    html = text_of(grid.browser.get("/drafts/"))
    assert "Grid rows" in html and "1 row<" in html
    share.delete()
    for each in (grid, theirs):
        html = text_of(each.browser.get("/drafts/"))
        link = html.split('class="rowlink" href="')[1].split('"')[0]
        answer = each.browser.get(link, follow=True)
        assert each is theirs or answer.request["PATH_INFO"] == grid.address("page")
    shown = text_of(answer)
    assert "Bye</td>" in shown and "data-page" not in shown and 'id="send"' not in shown
    assert theirs.type(2, "So long").status_code == 403 and theirs.create(1).status_code == 403


def test_nonsense_begins_no_import(grid: TypedGrid) -> None:
    bodies = ["", "{}", "null", '{"rows": [{"number": 0, "cells": {}}]}', "[" * 100_000]
    for age in ("1", None, 1.5, [1]):
        row = {"number": 1, "new": True, "cells": {"input_text": ["", "x", age]}}
        bodies.append(json.dumps({"rows": [row]}))
    for body in bodies:
        answer = grid.browser.post(grid.address("cells"), body, content_type="application/json")
        assert answer.status_code == 400, body[:50]
    assert not Sheet.objects.exists()


def test_while_rows_are_checked_nothing_is_saved(grid: TypedGrid) -> None:
    grid.fill(1)
    Sheet.objects.update(status=Sheet.Status.CHECKING)
    answer = grid.type(2, "Bye", "French")
    assert answer.status_code == 409 and "Not changed." in answer.json()["problem"]
    assert not grid.job.lines.filter(number=2).exists()


# The view that a person likes


def test_the_portal_remembers_who_uses_the_grid(grid: TypedGrid) -> None:
    form = f"/keys/{grid.workflow.key_id}/workflows/42/tasks/new/"
    assert grid.browser.get(form).status_code == 200
    grid.read()
    assert grid.browser.get(form)["Location"] == grid.address("page")
    assert grid.browser.get(f"{form}?f.input_text=Hello").status_code == 200, "a link that fills the form"
    assert grid.browser.get(f"{form}?view=form").status_code == 200
    assert grid.browser.get(form).status_code == 200


@pytest.mark.parametrize(("workflow_id", "target"), [(FILES, "/upload/"), (CLOSED, "/tasks/new/?view=form")])
def test_workflows_without_rows_to_type_lead_elsewhere(
    page: Any, saved_key: Any, workflow_id: int, target: str
) -> None:
    status = "COMPLETED" if workflow_id == CLOSED else "ACTIVE"
    grid = TypedGrid(page, open_workflow(saved_key, workflow_id, status=status), saved_key.owner)
    assert target in grid.browser.get(grid.address("page"))["Location"]


def test_rows_are_checked_again_when_the_fields_changed(grid: TypedGrid, api: FakeApi) -> None:
    grid.type(1, "Hello", "French")
    grid.type(2, "Bye", "German")
    fields = json.loads(json.dumps(api.workflows[42].fields))
    fields[1]["options"] = ["German", "Dutch"]
    api.workflows[42].fields = [*fields, {"name": "place", "title": "Place", "type": "short_text", "required": False}]
    forget_schemas()
    html = grid.read("?fields=all")
    assert grid.statuses() == {1: "to_fix", 2: "ready"} and "Not an option" in html and ">Place</th>" in html
    grid.change(1, "target_language", "French", "Dutch")
    assert grid.statuses() == {1: "ready", 2: "ready"}


def test_every_error_is_in_the_list_under_the_grid(grid: TypedGrid) -> None:
    """A single empty cell has no remedy there: it is typed into."""
    tray = " ".join(text_of(grid.type(1, "Hello")).split()).split('id="tray"')[1]
    assert "<b>Target language</b> is missing" in tray and "Row 1" in tray and "Fill in" not in tray
    tray = " ".join(text_of(grid.type(2, "Bye")).split()).split('id="tray"')[1]
    assert "Fill in" in tray and "Apply to 2 rows" in tray


def test_a_text_with_two_meanings_has_both_as_answers(page: Any, saved_key: Any) -> None:
    """A number with one meaning is shown as it is sent."""
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    cells = {"amount": ["", "1.240"], "due": ["", "3/5/2026"]}
    html = text_of(grid.save({"number": 1, "new": True, "cells": cells}))
    answers = [json.loads(unescape(each)) for each in re.findall(r'data-answers="([^"]*)"', html)]
    assert [words for words, _ in answers[0]] == ["1240", "1.24"]
    assert ">3 May or 5 Mar?</span>" in html and "Is it 3 May or 5 March?" in html
    assert ">2.5</td>" in text_of(grid.change(1, "amount", "1.240", "2,5"))


def test_a_time_is_typed_in_the_form_of_a_row_as_in_a_cell(page: Any, api: FakeApi, saved_key: Any) -> None:
    grid = TypedGrid(page, open_workflow(saved_key, 42), saved_key.owner)
    grid.fill(1)
    due = {"name": "due", "title": "Due", "type": "datetime", "required": False}
    Sheet.objects.update(schema={**grid.job.schema, "fields": [*grid.job.schema["fields"], due]})
    form = page.get(reverse("sheets:row", args=[grid.job.pk, 1])).content.decode()
    seen = re.search(r'name="was-1" value="(\w+)"', form)[1]
    page.post(grid.step("fix"), {"was-1": seen, "v-1-due": "2026-03-01 9am"})
    assert grid.job.rows.get().edits["due"] == "2026-03-01T09:00:00Z"
