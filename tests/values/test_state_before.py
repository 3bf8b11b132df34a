"""What people had typed, saved and sent before all roads of a value were one is read as its pages show it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.models import ImportJob, ImportRow, LearnedWord
from pipelines_portal.entry.models.form import Preset, TypedDraft
from pipelines_portal.keys.models import SavedKey, fingerprint
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.workflows.models import OpenedWorkflow
from tests import samples
from tests.entry.grid.conftest import TypedGrid, end_wait
from tests.factories import browser_of
from tests.fake_api import FakeApi, Task
from tests.pages import text_of, words_of

from .roads import rows_file, set_clock, step
from .state_before import FIELDS, NOW, ORDERS, SENT, THEN, ZONE, state_before

pytestmark = pytest.mark.sqlite


class Desk:
    """The person of the old database, and what they see."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.person = User.objects.get()
        self.key = SavedKey.objects.get()
        self.workflow = OpenedWorkflow.objects.get()
        self.browser: Client = browser_of(self.person)
        self.browser.cookies["zone"] = ZONE
        self.grid = TypedGrid(self.browser, self.workflow, self.person)

    def address(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.key.pk, ORDERS, *more])

    def post_form(self, **typed: str) -> Any:
        form = {f"field-{name}": text for name, text in typed.items()}
        return self.browser.post(self.address("new_task:create"), form | {"zone": ZONE, "token": str(uuid4())})

    def created(self) -> dict[str, dict[str, Any]]:
        """Return the values of the tasks that were created since, by subject."""
        return {task.fields["subject"]: task.fields for number, task in self.api.tasks.items() if number not in SENT}


@pytest.fixture
def desk(
    tmp_path: Path, before_api: FakeApi, monkeypatch: pytest.MonkeyPatch, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Desk]:
    set_clock(monkeypatch, NOW)
    before_api.load(samples.organization("Orders", samples.workflow(ORDERS, "Orders", fields=FIELDS)))
    for number, fields in SENT.items():
        before_api.tasks[number] = Task(number, ORDERS, "pending", dict(fields), {"total": 5}, THEN, THEN)
    before_api.newest_task_id = max(SENT)
    with django_db_blocker.unblock(), state_before(tmp_path):
        key = SavedKey.objects.get()
        secret = before_api.new_key("Orders")
        key.encrypt(secret)
        key.fingerprint = fingerprint(secret)
        key.save()
        yield Desk(before_api)


def work() -> None:
    end_wait()
    while work_on_next():
        end_wait()


def waiting_import() -> ImportJob:
    return ImportJob.objects.get(file_name="waiting.csv")


def row_of(import_job: ImportJob, subject: str) -> ImportRow:
    (row,) = (
        row for row in import_job.rows if subject in (row.edits.get("subject"), row.cells[0] if row.cells else None)
    )
    return row


def test_nothing_is_lost(desk: Desk) -> None:
    assert dict(TypedDraft.objects.get().typed) == {
        "field-subject": "Draft", "field-value": "1.240,50", "field-fee": "1.240", "field-received": "3/5/2026",
        "field-answered": "yesterday 9:00", "field-language": "French", "zone": ZONE,
    }  # fmt: skip
    assert Preset.objects.get().fields == {
        "subject": "Preset", "value": "1240.50", "fee": "1.50", "language": "French",
    }  # fmt: skip
    word = LearnedWord.objects.get()
    assert (word.field_name, word.word, word.choice) == ("language", "Deutsch", "German")
    assert [row.fields for row in SubmissionRow.objects.order_by("pk")] == list(SENT.values())
    assert {row.cells[0]: row.status for row in waiting_import().rows} == {
        "Zeros": "ready", "Dots": "ready", "Round": "to_fix", "Percent": "ready", "Thousands": "ready",
        "Wrong": "to_fix",
    }  # fmt: skip
    assert [row.edits["subject"] for row in desk.grid.job.rows.order_by("number")] == [
        "Typed zeros", "Typed both", "Typed twice", "Typed round", "Typed wrong",
    ]  # fmt: skip


def test_pages_open(desk: Desk) -> None:
    for name in ("new_task:create", "grid:page", "tasks:list", "imports:new"):
        assert desk.browser.get(desk.address(name)).status_code == 200, name


def test_a_draft_shows_what_was_typed_and_asks_about_it_when_it_is_sent(desk: Desk) -> None:
    """Words mean the day on which they were typed."""
    html = text_of(desk.browser.get(desk.address("new_task:create")))
    for text in ("Draft", "1.240,50", "1.240", "3/5/2026", "2026-11-19 09:00"):
        assert f'value="{text}"' in html
    typed = dict(TypedDraft.objects.get().typed)
    answer = desk.browser.post(desk.address("new_task:create"), typed | {"token": str(uuid4())})
    said = words_of(answer)
    assert answer.status_code == 422 and "Is it 1240 or 1.24?" in said and "Is it 3 May or 5 March?" in said
    assert not desk.created()
    assert desk.post_form(subject="Draft", value="1.240,50", fee="1240").status_code == 302
    assert desk.created()["Draft"] == {"subject": "Draft", "value": 1240.5, "fee": 1240}


def test_a_preset_is_sent_with_the_numbers_that_it_shows(desk: Desk) -> None:
    address = f"{desk.address('new_task:create')}?preset={Preset.objects.get().pk}"
    html = text_of(desk.browser.get(address))
    assert 'value="1240.50"' in html and 'value="1.50"' in html
    desk.post_form(subject="Preset", value="1240.50", fee="1.50", language="French")
    assert desk.created()["Preset"] == {"subject": "Preset", "value": 1240.5, "fee": 1.5, "language": "French"}


def test_what_was_sent_is_not_rewritten(desk: Desk) -> None:
    shown = words_of(desk.browser.get(desk.address("tasks:detail", 1)))
    assert "1240.50" in shown and "84.90" in shown
    assert [row.fields for row in SubmissionRow.objects.order_by("pk")] == list(SENT.values())


AGAIN = [
    ("1240.50", "84.90"),
    ("1.240,50", "84,90 €"),
    ("1240.5", "84.9"),
    ("1240.5", "84.90"),
    ("1240,5", "84,900000"),
]


def test_a_duplicate_of_what_was_sent_is_found_in_the_form(desk: Desk) -> None:
    same = {"subject": "Sent", "received": "2026-03-30 10:15", "language": "German", "sure": "true"}
    for value, fee in AGAIN:
        assert desk.post_form(value=value, fee=fee, **same).status_code == 409, (value, fee)
    assert not desk.created()


def test_a_duplicate_of_what_was_sent_is_found_in_the_grid(desk: Desk) -> None:
    same = {"subject": "Sent", "received": "30.3.2026 10:15", "language": "German", "sure": "yes"}
    for number, (value, fee) in enumerate(AGAIN, 9):
        cells = {name: ["", text] for name, text in (same | {"value": value, "fee": fee}).items()}
        assert desk.grid.save({"number": number, "new": True, "cells": cells}).status_code == 200
        assert desk.grid.job.rows.get(number=number).status == "duplicate", (value, fee)


def test_a_duplicate_of_what_was_sent_is_found_in_a_file(desk: Desk) -> None:
    lines = "".join(f'Sent,"{value}","{fee}",2026-03-30 10:15,German,yes\n' for value, fee in AGAIN)
    rows = import_of(desk, f"subject,value,fee,received,language,sure\n{lines}").rows.all()
    assert [row.status for row in rows] == ["duplicate"] * len(AGAIN)


def test_learned_words_are_still_known(desk: Desk) -> None:
    row = import_of(desk, "subject,language\nNew,deutsch\n").rows.get()
    assert (row.status, row.fields) == ("ready", {"subject": "New", "language": "German"})


def import_of(desk: Desk, text: str) -> ImportJob:
    address = desk.address("imports:new")
    desk.browser.post(address, {"token": uuid4(), "file": rows_file(text)})
    work()
    return ImportJob.objects.get(file_name="rows.csv")


def send_waiting(desk: Desk) -> dict[str, dict[str, Any]]:
    """Open the page of the import, create what it calls ready, and return it by subject.

    Rows that were checked by an earlier version may be read once more: then the person looks at them, and sends again.
    """
    import_job = waiting_import()
    for _ in range(2):
        assert desk.browser.get(step(import_job, "check"), follow=True).status_code == 200
        work()
        import_job.refresh_from_db()
        desk.browser.post(step(import_job, "send"), {"rows": import_job.rows.filter(status="ready").count()})
        work()
        if desk.created():
            break
    return desk.created()


def test_an_import_that_waits_is_created_with_the_values_that_it_shows(desk: Desk) -> None:
    """Numbers are created as numbers, and a percentage is a question."""
    created = send_waiting(desk)
    assert created["Thousands"]["value"] == 1240 and created["Thousands"]["received"] == "2026-05-02T22:00:00Z"
    assert created["Dots"] == {
        "subject": "Dots", "value": 1234.5, "fee": 12, "received": "2026-03-29T22:00:00Z", "language": "German",
        "sure": False, "topics": ["Billing", "Delivery", "Claims"], "stars": 5,
    }  # fmt: skip
    assert created["Zeros"]["topics"] == ["Delivery", "Billing", "Claims"]
    assert not {"Wrong", "Percent"} & {*created} and created.get("Round", {"value": 5})["value"] == 5
    assert json.dumps([created["Zeros"]["value"], created["Zeros"]["fee"]]) == "[1240.5, 84.9]"
    assert json.dumps(created["Dots"]["fee"]) == "12"


def create_typed(desk: Desk) -> dict[str, dict[str, Any]]:
    """Open the grid and create what it calls ready, if need be again."""
    for _ in range(2):
        assert desk.browser.get(desk.address("grid:page")).status_code == 200
        work()
        desk.grid.create_seen(desk.grid.seen())
        work()
        if desk.created():
            break
    return desk.created()


def test_typed_rows_are_created_with_the_values_that_they_show(desk: Desk) -> None:
    """Numbers are created as numbers, two meanings are a question, and five euros, once read as -5, are 5."""
    created = create_typed(desk)
    assert created["Typed zeros"]["answered"] == "2026-11-19T08:00:00Z"
    assert created["Typed both"]["received"] == "2026-03-29T22:00:00Z"
    assert created["Typed both"]["topics"] == ["Delivery", "Billing", "Claims"]
    assert created["Typed both"]["language"] == "German"
    assert not {"Typed wrong", "Typed twice"} & {*created}
    values = [created["Typed zeros"]["value"], created["Typed zeros"]["fee"], created["Typed both"]["value"]]
    assert json.dumps(values) == "[1240.5, 84.9, 1240.5]"
    assert created.get("Typed round", {"value": 5})["value"] == 5


def test_a_row_is_read_in_the_new_way_once_it_is_changed(desk: Desk) -> None:
    for number, subject in ((3, "Typed twice"), (4, "Typed round")):
        desk.grid.change(number, "subject", subject, f"{subject} again")
    assert row_of(desk.grid.job, "Typed twice again").status == "to_fix"
    row = row_of(desk.grid.job, "Typed round again")
    assert (row.status, row.fields) == ("ready", {"subject": "Typed round again", "value": 5})
