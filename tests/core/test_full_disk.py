"""No room on the disk: pages and log say it in a sentence, nothing is half kept, and it goes on when there is room."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker

from pipelines_portal.api_client import PipelinesClient
from pipelines_portal.core import job_queue, probes
from pipelines_portal.core.database_errors import FULL, is_full
from pipelines_portal.core.housekeeping import HousekeepingTask, run_tasks
from pipelines_portal.core.job_queue import JobWorker
from pipelines_portal.core.sign_in_throttle.models import Tries
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.entry.form.test_new import GOOD, NO_TASKS, SCHEMA, address, newest, post_to
from tests.entry.imports.test_choose import upload
from tests.factories import open_workflow
from tests.fake_api import Answer, FakeApi, error, hang_up
from tests.pages import text_of

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]
# Larger than what is free in the pages that there are.
ROWS = b"Text to translate,Target language\n" + b"".join(
    b"%s,French\n" % os.urandom(400).hex().encode() for _ in range(500)
)


@pytest.fixture
def room(db: None) -> Iterator[Any]:
    """`room(False)`: SQLite finds none any more, as on a full disk."""

    def give(is_there: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # what other tests left empty would be room
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages + 1_000_000 if is_there else pages}").fetchone()

    yield give
    give(True)


def test_what_did_not_fit_is_told_and_not_kept(
    page: Any, saved_key: SavedKey, room: Any, caplog: pytest.LogCaptureFixture
) -> None:
    workflow = open_workflow(saved_key)
    page.raise_request_exception = False
    room(False)
    answer = upload(page, workflow, ROWS)
    assert answer.status_code == 507
    assert "out of disk space" in text_of(answer)
    assert not Sheet.objects.exists()
    told = [record for record in caplog.records if record.name == "django.request"]
    assert told and "database or disk is full" in told[-1].getMessage() and not told[-1].exc_info
    room(True)
    assert upload(page, workflow, ROWS).status_code == 200
    assert Sheet.objects.count() == 1


def test_a_page_that_only_reads_says_less_and_htmx_gets_a_note(
    page: Any, monkeypatch: pytest.MonkeyPatch, room: Any
) -> None:
    page.raise_request_exception = False
    monkeypatch.setattr("pipelines_portal.web.rendering.render", lambda *given, **named: grow())
    room(False)
    answer = page.get("/account/")
    assert answer.status_code == 507
    assert "free some space" in text_of(answer) and "What you sent" not in text_of(answer)
    note = page.get("/account/", headers={"HX-Request": "true"})
    assert (note.status_code, note["HX-Retarget"]) == (507, "#page-notice")
    assert "<html" not in note.content.decode() and "The portal is out of disk space" in text_of(note)


@pytest.fixture
def full_once_it_answered(monkeypatch: pytest.MonkeyPatch, room: Any) -> Iterator[None]:
    """The disk is full for whatever is written of a submission, from when the API created its tasks."""
    create = PipelinesClient.create_encoded

    def create_and_fill(*given: Any, **named: Any) -> Any:
        try:
            return create(*given, **named)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE heap (content blob)")
                room(False)
                growing = "INSERT INTO heap VALUES (zeroblob(1000000))"
                cursor.execute(f"CREATE TEMP TRIGGER full AFTER UPDATE ON submissions_submission BEGIN {growing}; END")

    monkeypatch.setattr(PipelinesClient, "create_encoded", create_and_fill)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS full")
        cursor.execute("DROP TABLE heap")


def test_a_task_that_cannot_be_written_down_is_named(
    page: Any, saved_key: SavedKey, full_once_it_answered: None, org_key: str, api: FakeApi
) -> None:
    """Sent again, it would be there twice."""
    workflow = open_workflow(saved_key)
    page.raise_request_exception = False
    answer = page.post(address(workflow), GOOD | {"token": uuid4()})
    assert answer.status_code == 507
    created = newest(api, org_key)["id"]
    assert f"Pipelines created task {created}. We couldn’t save this" in text_of(answer)
    assert "Don’t resend" in text_of(answer)
    assert Submission.objects.get().status == "sending"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (error(503, "service_unavailable", "Down"), "Nothing was created. We couldn’t save this"),
        (hang_up, "Tasks may have been created. We couldn’t save this, so Sent shows it as unconfirmed."),
    ],
)
def test_so_is_any_other_answer(
    page: Any, saved_key: SavedKey, full_once_it_answered: None, settings: Any, fault: Answer, words: str
) -> None:
    page.raise_request_exception = False
    answer, _ = post_to(page, open_workflow(saved_key), settings, SCHEMA, NO_TASKS, fault)
    assert answer.status_code == 507
    assert words in text_of(answer)


def test_the_job_queue_goes_on(room: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    worker, tries = JobWorker("one"), []
    monkeypatch.setattr(worker, "configure_signals", lambda: None)
    monkeypatch.setattr(job_queue, "SECONDS_WITHOUT_ROOM", 0.01)

    def run(self: JobWorker) -> None:
        tries.append(1)
        self.running = len(tries) == 1
        if self.running:
            grow()

    monkeypatch.setattr(Worker, "run", run)
    room(False)
    worker.run()
    assert len(tries) == 2
    assert "The job queue found no room on the disk" in caplog.text


def grow() -> int:
    now = timezone.now()
    tries = (Tries(name=os.urandom(30).hex(), ends_at=now) for _ in range(5_000))
    return len(Tries.objects.bulk_create(tries))


def test_a_duty_says_so_and_is_done_when_there_is_room(room: Any, caplog: pytest.LogCaptureFixture) -> None:
    room(False)
    with pytest.raises(OperationalError):
        grow()
    room(False)  # the connection is closed behind a duty: in this process it is the only one
    run_tasks([HousekeepingTask("Things", grow)])
    assert "found no room on the disk (database or disk is full); nothing was changed" in caplog.text
    assert "Traceback" not in caplog.text
    assert not Tries.objects.exists()
    room(True)
    run_tasks([HousekeepingTask("Things", grow)])
    assert Tries.objects.count() == 5_000


@pytest.mark.parametrize(("free", "is_told_full"), [(0, True), (10**9, False)])
def test_where_sqlite_cannot_make_its_files_the_room_on_the_disk_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, is_told_full: bool
) -> None:
    """A disk that is full at the start: SQLite reports it like any failure to open."""
    with closing(sqlite3.connect(tmp_path / "one.sqlite3")) as made:
        made.execute("PRAGMA journal_mode=WAL")
    (tmp_path / "one.sqlite3-wal").mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    with closing(sqlite3.connect(tmp_path / "one.sqlite3")) as opened, pytest.raises(sqlite3.Error) as raised:
        opened.execute("CREATE TABLE one (id)")
    error = OperationalError("unable to open database file")
    error.__cause__ = raised.value
    assert is_full(error) is is_told_full


@pytest.mark.sqlite
def test_a_disk_without_room_is_not_ready(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database can still be read."""
    assert probes.check_database() == probes.OK
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    assert probes.check_database() == FULL


def worker() -> str:
    """Fail as the check of the same name does when its part does not answer."""
    raise OSError("8c1f is away")


def test_a_check_that_fails_says_so_without_the_words_of_the_error(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHECKS = [f"{__name__}.worker"]
    assert probes.check_all() == {"database": "ok", "worker": "The worker does not answer. The log says why."}
    assert "8c1f" not in caplog.text


def test_a_full_disk_is_named_and_nothing_else_is_asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise OperationalError("full") from psycopg.errors.DiskFull()

    settings.CHECKS = [f"{__name__}.worker"]
    monkeypatch.setattr(probes, "_migrated_until", 0.0)
    monkeypatch.setattr(probes, "is_migrated", fail)
    assert probes.check_all() == {"database": FULL}
