"""Typed rows are created as the person asked for them: those that the page showed, once, and no others."""

import re
import threading
import time
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from pipelines_portal.entry import transitions
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.typed import ready_rows, start_sending_typed
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.cached_schemas import forget_schemas
from tests.each_case import each_case
from tests.factories import make_colleague, open_workflow, share_key
from tests.fake_api import FakeApi, Plan
from tests.pages import text_of

from .conftest import NAMES, TypedGrid, end_wait, move_back, work


def sent_texts(api: FakeApi) -> list[str]:
    """Return the text of each task at the API, in the order in which they were created."""
    return [task.fields["input_text"] for task in api.tasks.values()]


def hello(first: int, last: int) -> list[str]:
    return [f"Hello {number}" for number in range(first, last + 1)]


def count(grid: TypedGrid) -> dict[str, int]:
    """Return the number of rows by status."""
    found = list(grid.statuses().values())
    return {status: found.count(status) for status in sorted(set(found))}


def test_twenty_rows_are_created_before_the_page_answers(grid: TypedGrid, api: FakeApi) -> None:
    """Not the row of another window. Their end is no news, and a second press sends nothing again."""
    grid.fill(20)
    shown = grid.seen()
    grid.type(21, "No language")
    grid.fill(1, first=22)
    answer = text_of(grid.create_seen(shown))
    assert sent_texts(api) == hello(1, 20) and count(grid) == {"created": 20, "ready": 1, "to_fix": 1}
    for task_id in api.tasks:
        assert f"/tasks/{task_id}/" in answer
    assert "<b>1 ready</b> · 1 with errors" in answer and "20 created</a>" in answer
    assert grid.job.status == Sheet.Status.CHECKED and grid.job.submissions.count() == 1
    assert grid.job.label == "“Grid rows” for Translations" and not Notification.objects.exists()
    grid.create_seen(shown)
    work()
    assert sent_texts(api) == hello(1, 20)


def test_rows_that_the_page_showed_otherwise_are_not_sent(grid: TypedGrid, api: FakeApi) -> None:
    """Another window changed or emptied one."""
    grid.fill(2)
    for seen in ({}, {1: "other"}, {1: "", 2: "x" * 12}, {99: "x" * 12}, {10**30: "x"}):
        answer = grid.create_seen(seen)
        work()
        assert answer.status_code == 409 and re.search("Not (sent|created)", text_of(answer)), seen
    assert not api.calls("POST", "/tasks") and count(grid) == {"ready": 2}
    assert grid.job.status == Sheet.Status.CHECKED


def test_a_page_that_was_left_open_overnight_saves_what_is_typed(grid: TypedGrid, api: FakeApi) -> None:
    """Also when rows are typed in another window, which are others."""
    grid.fill(2)
    grid.create(2)
    left_open = grid.job
    move_back(days=1)
    assert "Hello 1" not in grid.read()
    grid.shown = left_open
    assert grid.type(3, "Hello").status_code == 200 and grid.job == left_open
    pasted = grid.paste("Good morning", 4, NAMES[0])
    assert pasted.status_code == 200 and grid.statuses()[4] == "to_fix"
    assert "Good morning" in grid.read() and "Hello 1" not in grid.read()
    Sheet.objects.update(name="Put aside")
    grid.shown = None
    assert grid.type(1, "Elsewhere").status_code == 200 and grid.job != left_open
    grid.shown = left_open
    assert grid.type(5, "Good night").status_code == 200 and "Good night" in grid.read()


def test_a_duplicate_that_is_wanted_is_asked_about_again_when_it_changes(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(2)
    grid.create(2)
    grid.type(3, "Hello 1", "French")
    grid.browser.post(grid.step("choose"), {"do": "twice", "number": 3})
    assert grid.statuses()[3] == "ready"
    grid.change(3, "input_text", "Hello 1", "Hello 2")
    assert grid.statuses()[3] == "duplicate"


def test_rows_that_another_window_created_are_shown_and_the_others_are_created(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(3)
    seen = grid.seen()
    grid.create_seen({number: seen[number] for number in (1, 2)})
    grid.type(4, "Bye", "French")
    answer = grid.create_seen(seen | {4: grid.seen()[4]})
    html = text_of(answer)
    assert answer.status_code == 200 and "2 of these rows were already created." in html
    assert all(f"/tasks/{task_id}/" in html for task_id in api.tasks) and len(api.tasks) == 4
    again = grid.create_seen(seen)
    assert again.status_code == 200 and "3 of these rows were already created." in text_of(again)
    assert 'data-said=""' in text_of(again)
    assert len(api.tasks) == 4 and count(grid) == {"created": 4}


def test_rows_that_another_window_changed_are_shown_and_created_with_the_next_press(
    grid: TypedGrid, api: FakeApi
) -> None:
    grid.fill(2)
    seen = grid.seen()
    grid.change(1, "input_text", "Hello 1", "Bye 1")
    answer = grid.create_seen(seen)
    html = text_of(answer)
    assert answer.status_code == 409 and "Rows changed in another window" in html and "Bye 1" in html
    assert not api.tasks
    shown = dict(re.findall(r'data-number="(\d+)"[^>]*data-ready="(\w+)"', html))
    assert grid.create_seen({int(number): digest for number, digest in shown.items()}).status_code == 200
    assert len(api.tasks) == 2


def test_rows_of_all_pages_are_created(grid: TypedGrid, api: FakeApi) -> None:
    grid.paste("\n".join(f"Hello {number}\tFrench" for number in range(250)))
    html = grid.read()
    assert 'id="previous-page"' in html
    [all_ready] = re.findall(r'data-all-ready="([^"]+)"', html)
    seen = {int(number): digest for number, _, digest in (each.partition(":") for each in all_ready.split(","))}
    assert seen == grid.seen() and len(seen) == 250
    assert grid.create_seen(seen).json()["refresh"]
    assert count(grid) == {"requested": 250}


@each_case(
    ("fault", "said"),
    [
        ("", "2 tasks created"),
        ("partial", "1 task created, 1 rejected"),
        ("rejected_key", "Nothing was created"),
        ("lost_answer", ""),
    ],
)
def test_what_was_created_is_said_also_of_rows_that_the_page_hides(
    grid: TypedGrid, api: FakeApi, fault: str, said: str
) -> None:
    grid.fill(2)
    grid.type(3, "No language")
    if fault:
        api.fail(fault, on="POST")
    assert f'data-said="{said}"' in text_of(grid.create_seen(grid.seen()))


# The ten seconds in which many rows can be taken back


def test_many_rows_wait_before_they_are_sent(grid: TypedGrid, api: FakeApi) -> None:
    """Other rows can be typed. Waiting rows cannot be changed, and rows that were sent are not taken back."""
    grid.fill(21)
    answer = text_of(grid.create(21))
    words = " ".join(answer.split())
    assert "<b>21 tasks will be created in <span data-wait=" in words
    assert "Cancel</button>" in words and "Send now" in words
    assert answer.count(">Waiting</span>") == 21 and "Creating…" not in answer and answer.count(" data-requested") == 21
    work()
    assert not api.tasks and count(grid) == {"requested": 21}
    assert "21 tasks will be created in" in grid.read()
    refused = text_of(grid.change(1, "input_text", "Hello 1", "Something else"))
    assert "Text to translate of row 1 not saved: the row was sent. You entered “Something else”." in refused
    grid.fill(2, first=22)
    end_wait()
    work()
    assert sent_texts(api) == hello(1, 21) and count(grid) == {"created": 21, "ready": 2}
    assert "Sending" not in grid.read() and grid.job.status == Sheet.Status.CHECKED
    again = text_of(grid.browser.get(f"{grid.address('created')}?rows=1,x,-3,{2**70},99,3"))
    assert again.count('<tr id="row-') == 2 and f"/tasks/{next(iter(api.tasks))}/" in again
    grid.browser.post(grid.step("stop"), {"to": "grid"})
    assert count(grid) == {"created": 21, "ready": 2}
    grid.create(2)
    assert sent_texts(api) == hello(1, 23)


@each_case("step", ["stop", "pause"])
def test_undo_gives_the_rows_of_all_batches_back(grid: TypedGrid, api: FakeApi, step: str) -> None:
    grid.fill(21)
    grid.create(21)
    grid.fill(1, first=22)
    grid.create(1)
    grid.fill(1, first=23)
    done = grid.browser.post(grid.step(step), {"to": "grid"}, follow=True)
    assert step == "pause" or (done.request["PATH_INFO"] == grid.address("page") and "<b>23 ready</b>" in text_of(done))
    end_wait()
    work()
    assert not api.tasks and count(grid) == {"ready": 23} and not Submission.objects.exists()
    assert step == "pause" or grid.job.status == Sheet.Status.CHECKED
    grid.create(23)
    end_wait()
    work()
    assert sent_texts(api) == hello(1, 23)


def test_rows_are_sent_now(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(21)
    grid.create(21)
    done = grid.browser.post(grid.step("send_now"), {"to": "grid"}, follow=True)
    assert done.request["PATH_INFO"] == grid.address("page")
    work()
    assert len(api.tasks) == 21
    grid.browser.post(grid.step("send_now"), {"to": "grid"})
    work()
    assert len(api.tasks) == 21


# Typing goes on while rows are sent


def test_rows_are_typed_and_created_while_others_are_on_their_way(grid: TypedGrid, api: FakeApi) -> None:
    """The worker goes on with those that were asked for, and sends each row once."""
    grid.fill(21)
    grid.create(21)
    end_wait()

    def press() -> None:
        grid.fill(2, first=22)
        assert grid.create(2).status_code == 200
        assert count(grid) == {"requested": 23}

    api.plans = [Plan(before=press, after=lambda: grid.fill(1, first=24), on="POST")]
    work()
    assert sent_texts(api) == hello(1, 23) and count(grid) == {"created": 23, "ready": 1}
    assert grid.job.status == Sheet.Status.CHECKED


def test_more_rows_are_created_while_others_wait(grid: TypedGrid, api: FakeApi) -> None:
    """A few more go with those that wait. Many more let all of them wait again."""
    grid.fill(21)
    grid.create(21)
    start_at = grid.job.start_at
    grid.fill(2, first=22)
    assert grid.create(23).status_code == 409, "only what is not asked for yet counts"
    assert grid.create(2).status_code == 200
    assert count(grid) == {"requested": 23} and grid.job.start_at == start_at
    grid.fill(21, first=24)
    grid.create(21)
    assert grid.job.start_at > start_at and grid.job.due_at == grid.job.start_at
    work()
    assert not api.tasks
    end_wait()
    work()
    assert sent_texts(api) == hello(1, 44) and count(grid) == {"created": 44}


def test_rows_that_are_asked_for_as_the_sending_ends_are_sent(
    grid: TypedGrid, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid.fill(1)
    where = "pipelines_portal.entry.imports.sending.finish_import"
    finish = transitions.finish_import

    def press(sheet: Sheet) -> None:
        monkeypatch.setattr(where, finish)
        grid.fill(1, first=2)
        assert grid.create(1).status_code == 200
        finish(sheet)

    monkeypatch.setattr(where, press)
    grid.create(1)
    work()
    assert sent_texts(api) == hello(1, 2) and count(grid) == {"created": 2}
    assert grid.job.status == Sheet.Status.CHECKED


def test_rows_wait_for_another_import_of_the_key(grid: TypedGrid, api: FakeApi) -> None:
    """One import at a time is sent with a key, so the worker sends them."""
    grid.fill(1)
    values = {"key": grid.workflow.key, "workflow_id": 42, "owner": grid.owner, "size_bytes": 1}
    other = Sheet.objects.create(file_name="rows.csv", status="sending", **values)
    assert other.take_lease()
    assert "Creating…" in text_of(grid.create(1)) and not api.tasks
    other.delete()
    work()
    assert sent_texts(api) == hello(1, 1)


# What the API or others refuse


def test_rows_that_were_sent_elsewhere_or_rejected_are_held_back(grid: TypedGrid, api: FakeApi) -> None:
    """One equals a task that was created in the form since the row was checked. The rejected one is corrected."""
    api.rejects = "Hello 3"
    grid.fill(3)
    task = {"field-input_text": "Hello 1", "field-target_language": "French", "token": uuid4()}
    grid.browser.post(f"/keys/{grid.workflow.key_id}/workflows/42/tasks/new/", task)
    answer = text_of(grid.create(3))
    assert sent_texts(api) == hello(1, 2) and count(grid) == {"created": 1, "duplicate": 1, "rejected": 1}
    assert "was sent before, as task" in answer and "<b>0 ready</b>" in answer and "1 with errors" in answer
    grid.change(3, "input_text", "Hello 3", "Good morning")
    assert grid.create(1).status_code == 200
    assert sent_texts(api) == [*hello(1, 2), "Good morning"]


def test_an_unconfirmed_outcome_blocks_further_rows_until_somebody_decides(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(1)
    api.fail("lost_answer", on="POST")
    answer = text_of(grid.create(1))
    assert "We don’t know if a row was created." in answer and "Review</a>" in answer
    assert count(grid) == {"unconfirmed": 1} and grid.job.status == Sheet.Status.UNCONFIRMED
    grid.fill(1, first=2)
    refused = grid.create(1)
    assert refused.status_code == 409 and "Review the unconfirmed row first" in refused.text
    work()
    assert sent_texts(api) == hello(1, 1) and count(grid) == {"ready": 1, "unconfirmed": 1}
    grid.browser.post(f"{grid.step('progress').removesuffix('progress/')}requests/1/", {"up_to": max(api.tasks)})
    assert count(grid) == {"created": 1, "ready": 1}
    assert "<b>1 ready</b>" in grid.read() and grid.create(1).status_code == 200
    assert sent_texts(api) == hello(1, 2)


def test_a_row_that_was_not_created_after_all_is_created_with_the_next(grid: TypedGrid, api: FakeApi) -> None:
    """A person decided so. The row can be seen and sent again from the grid."""
    grid.fill(1)
    api.fail("lost_request", on="POST")
    grid.create(1)
    grid.browser.post(f"{grid.step('progress').removesuffix('progress/')}requests/1/", {"came": "nothing"})
    grid.fill(1, first=2)
    html = grid.read()
    assert "Create 2 tasks" in html and "<b>2 ready</b>" in html and "Creating…" not in html
    assert grid.create(2).status_code == 200
    work()
    assert sorted(sent_texts(api)) == hello(1, 2) and count(grid) == {"created": 2}


@each_case(
    ("fault", "words"),
    [("rate_limited", "We’ll continue at"), ("unavailable", "2 rows wait for")],
)
def test_rows_wait_while_the_api_answers_with_an_error(grid: TypedGrid, api: FakeApi, fault: str, words: str) -> None:
    grid.fill(2)
    api.fail(fault, on="POST", times=9)
    answer = text_of(grid.create(2))
    assert words in answer and count(grid) == {"requested": 2}
    api.plans = []
    SavedKey.objects.update(paused_until=None)
    end_wait()
    work()
    assert sent_texts(api) == hello(1, 2)


def test_rows_that_are_too_large_together_are_all_created(grid: TypedGrid, api: FakeApi) -> None:
    """The API answers 413. The next press sends smaller requests."""
    grid.fill(4)
    api.fail("too_large", on="POST")
    answer = text_of(grid.create(4))
    work()
    assert not api.tasks and count(grid) == {"ready": 4} and "<b>4 ready</b>" in answer
    assert "The rows were too large together" in grid.read()
    grid.create(4)
    assert sent_texts(api) == hello(1, 4) and count(grid) == {"created": 4}
    assert [sent.row_count for sent in grid.job.submissions] == [2, 2]


def test_rows_typed_by_a_person_who_lost_the_key_are_not_sent(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(21)
    grid.create(21)
    type(grid.owner).objects.filter(pk=grid.owner.pk).update(is_active=False)
    end_wait()
    work()
    assert not api.tasks and grid.job.status == Sheet.Status.PAUSED


def test_rows_are_checked_again_if_the_fields_changed_before_they_were_sent(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(21)
    grid.create(21)
    place = {"name": "place", "title": "Place", "type": "short_text", "required": True}
    api.workflows[42].fields = [*api.workflows[42].fields, place]
    end_wait()
    work()
    assert not api.tasks and count(grid) == {"to_fix": 21} and not Submission.objects.exists()
    forget_schemas()
    assert ">Place</th>" in grid.read()


def test_what_a_killed_process_left_behind_is_unconfirmed(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(21)
    grid.create(21)
    [draft] = Submission.objects.all()
    assert draft.claim(0, until=timezone.now())
    grid.read()
    assert count(grid) == {"unconfirmed": 21}
    end_wait()
    work()
    assert not api.tasks and "We don’t know if a row was created." in grid.read()


def test_typed_rows_of_another_import_are_sent_from_its_page(grid: TypedGrid, api: FakeApi) -> None:
    """They were deleted and restored, and other rows are typed in the grid. Rows typed after the press are not sent."""
    grid.fill(2)
    older = grid.job
    page = f"/sheets/{older.pk}"
    grid.browser.post(f"{page}/delete/")
    grid.fill(1, first=7)
    grid.browser.post(f"{page}/restore/")
    html = text_of(grid.browser.get(f"{page}/grid/"))
    assert "Create 2 tasks" in html and "Test with one row first" not in html
    grid.browser.post(f"{page}/send/", {"rows": 1})
    work()
    assert not api.tasks
    grid.browser.post(f"{page}/send/", {"rows": 2, "one_row_first": "on"})
    added = '{"rows": [{"number": 3, "new": true, "cells": {"input_text": ["", "Hello 3"]}}]}'
    grid.browser.post(f"{page}/grid/cells/", added, content_type="application/json")
    work()
    assert sent_texts(api) == hello(1, 2) and count(grid) == {"ready": 1}


def test_rows_that_were_asked_for_after_a_lost_one_go_back_to_the_grid(grid: TypedGrid, api: FakeApi) -> None:
    grid.fill(21)
    grid.create(21)
    grid.fill(1, first=22)
    grid.create(1)
    end_wait()
    api.fail("lost_request", on="POST")
    work()
    assert count(grid) == {"ready": 1, "unconfirmed": 21} and not api.tasks


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_people_who_request_equal_rows_at_once_create_one_task(
    page: Any, saved_key: SavedKey, api: FakeApi
) -> None:
    colleague = make_colleague()
    share_key(saved_key, colleague)
    workflow, is_requested = open_workflow(saved_key, name="Translations"), threading.Event()
    imports = []
    for person in (saved_key.owner, colleague):
        page.force_login(person)
        TypedGrid(page, workflow, person).fill(1)
        imports.append(Sheet.objects.get(owner=person))

    def request(sheet: Sheet, seconds: float = 0) -> None:
        with transaction.atomic():
            start_sending_typed(sheet, sheet.owner, ready_rows(sheet))
            is_requested.set()
            time.sleep(seconds)  # in this time the other one looks for duplicates
        connection.close()

    first = threading.Thread(target=request, args=[imports[0], 0.5])
    first.start()
    is_requested.wait(10)
    second = threading.Thread(target=request, args=[imports[1]])
    second.start()
    first.join()
    second.join()
    assert [list(each.rows.values_list("status", flat=True)) for each in imports] == [["requested"], ["duplicate"]]
