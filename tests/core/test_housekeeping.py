"""What grows for ever is removed, bit by bit; of every table it is written down what bounds it."""

import os
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.accounts.models import Role, Session
from pipelines_portal.audit.models import Event
from pipelines_portal.core import housekeeping
from pipelines_portal.core.housekeeping import (
    HousekeepingTask,
    delete_each,
    delete_in_batches,
    run_tasks,
    run_tasks_with_report,
)
from pipelines_portal.core.sign_in_throttle.models import Tries
from pipelines_portal.people.models import Invitation
from tests import starting
from tests.external_api.server import PROJECT, SETTINGS
from tests.factories import make_person

LIST = PROJECT / "docs" / "developers" / "tables.md"


def old_events(count: int) -> Any:
    Event.objects.bulk_create(Event(verb="signed-in") for _ in range(count))
    return Event.objects.all()


@pytest.mark.django_db
def test_a_batch_at_a_time(django_assert_num_queries: Callable[..., Any]) -> None:
    rows = old_events(25)
    with django_assert_num_queries(7):  # three looks with a removal each, and one that finds nothing
        assert delete_in_batches(rows, batch_size=10) == 25
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_one_by_one_until_all_are_gone_but_those_that_stay() -> None:
    rows = old_events(25).order_by("pk")
    staying = set(rows.values_list("pk", flat=True)[3:20:4])

    def remove(event: Event) -> bool:
        return event.pk not in staying and bool(event.delete()[0])

    assert delete_each(rows, remove, batch_size=4) == 20
    assert set(rows.values_list("pk", flat=True)) == staying
    assert delete_each(rows, remove, batch_size=4) == 0


@pytest.mark.django_db
def test_a_program_that_is_told_to_end_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = old_events(25).order_by("pk")
    monkeypatch.setattr(housekeeping, "is_stopping", lambda: rows.count() <= 15)
    assert delete_each(rows, lambda event: bool(event.delete()[0]), batch_size=4) == 10
    assert list(run_tasks_with_report([HousekeepingTask("Events", rows.count)])) == [
        "Stopped before the end: 0 removed"
    ]


@pytest.mark.django_db(transaction=True)
def test_whoever_writes_gets_in_between() -> None:
    rows = old_events(3_000)
    is_over, wrote = threading.Event(), []

    def write() -> None:
        while not is_over.is_set():
            Tries.objects.create(name=f"{len(wrote)}", ends_at=timezone.now())
            wrote.append(Event.objects.count())
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        delete_in_batches(rows, batch_size=100)
    finally:
        is_over.set()
        writer.join()
    assert len({left for left in wrote if 0 < left < 3_000}) > 3, "it wrote amid the removal"


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_keeps_nobody_from_the_next(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> int:
        raise DatabaseError("disk I/O error")

    caplog.set_level("INFO")
    rows = old_events(3)
    run_tasks(
        [
            HousekeepingTask("Broken things", fail),
            HousekeepingTask("Events", lambda: housekeeping.delete_in_batches(rows)),
        ]
    )
    assert [record.getMessage() for record in caplog.records] == [
        "Tidying (Broken things) failed; it goes on",
        "Events: 3 removed",
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("restored_signals")
def test_tidy_says_a_line_a_duty(capsys: pytest.CaptureFixture[str]) -> None:
    long_ago = timezone.now() - timedelta(days=40)
    admin = make_person("maria@acme.example")
    for days, email in ((1, "new@acme.example"), (40, "old@acme.example")):
        ends = timezone.now() - timedelta(days=days)
        Invitation.objects.create(email=email, role=Role.OPERATOR, invited_by=admin, nonce=email, ends_at=ends)
    Session.objects.create(session_key="a" * 32, session_data="", expire_date=long_ago)
    Tries.objects.create(name="place", ends_at=long_ago)
    DBTaskResult.objects.create(
        args_kwargs={"args": [], "kwargs": {}}, priority=0, task_path="x", queue_name="default", backend_name="default"
    )
    DBTaskResult.objects.update(enqueued_at=long_ago)
    call_command("tidy")
    removed = dict(re.findall(r"(.+): (\d+) removed", capsys.readouterr().out))
    assert {what: int(count) for what, count in removed.items() if int(count)} == {
        "Jobs that are over": 1,
        "Sessions that are over": 1,
        "Invitations that ended a month ago": 1,
        "Counts of sign-in tries": 1,
        "In all": 4,
    }
    assert list(Invitation.objects.values_list("email", flat=True)) == ["new@acme.example"]


def listed(title: str) -> set[str]:
    section = re.search(rf"## {title}\n(.*?)(?=\n## |\Z)", LIST.read_text(), re.DOTALL)
    assert section
    return set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in section[1].splitlines() if "|" in line)))


def test_of_each_table_of_the_portal_it_is_written_what_bounds_it() -> None:
    assert listed("The portal's tables") == {
        model._meta.db_table for model in apps.get_models(include_auto_created=True)
    }


def test_of_each_table_of_the_external_api_it_is_written_what_bounds_it(tmp_path: Path) -> None:
    code = (
        "from django.apps import apps; print(*(m._meta.db_table for m in apps.get_models(include_auto_created=True)))"
    )
    env = os.environ | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": SETTINGS}
    output = starting.run("manage.py", "shell", "--no-imports", "-c", code, env=env).stdout
    assert listed("The External API's tables") == set(output.split())
