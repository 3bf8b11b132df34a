"""The record of backups: what the metrics say of it, what is deleted, and when the nightly process backs up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError
from django.utils import timezone

from pipelines_portal.system.backup import nightly, runs
from pipelines_portal.system.backup.backing_up import BackupReport
from pipelines_portal.system.backup.checking import Contents
from pipelines_portal.system.backup.nightly import is_due
from pipelines_portal.system.metrics import backups
from pipelines_portal.system.models import BackupRun, delete_old_runs, last_made, last_runs

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)


def make_run(*, hours_ago: float = 0, ok: bool = True, **values: Any) -> BackupRun:
    started = timezone.now() - timedelta(hours=hours_ago)
    return BackupRun.objects.create(started_at=started, ok=ok, file="portal.tar", **values)


def made(*, missing: tuple[str, ...] = ()) -> runs.Backup:
    return runs.Backup(Path("/dev/null"), BackupReport(["portal"], missing=list(missing)), has_files=True)


def told() -> dict[str, float]:
    return {sample.name: sample.value for metric in backups() for sample in metric.samples}


def test_without_a_backup_the_metrics_have_no_value() -> None:
    assert told() == {}


def test_the_age_is_that_of_the_last_good_backup_and_the_result_that_of_the_last() -> None:
    make_run(hours_ago=30)
    make_run(hours_ago=2, ok=False, problem="No space left in /backups.")
    metrics = told()
    assert metrics["pipelines_backup_ok"] == 0
    assert 30 * 3600 <= metrics["pipelines_backup_age_seconds"] < 30 * 3600 + 60
    make_run()
    assert told()["pipelines_backup_ok"] == 1
    assert told()["pipelines_backup_age_seconds"] < 60


def test_a_clock_that_was_wrong_does_not_hide_later_runs() -> None:
    """At the first boot, the clock was a year ahead."""
    ahead = make_run(hours_ago=-24 * 365)
    assert told() == {"pipelines_backup_ok": 1, "pipelines_backup_age_seconds": 0}
    failed = make_run(ok=False)
    assert last_runs() == (failed, ahead)
    assert told()["pipelines_backup_ok"] == 0
    made = make_run(hours_ago=3)
    assert last_runs() == (made, made)
    assert told()["pipelines_backup_age_seconds"] >= 3 * 3600


def test_old_records_are_deleted_except_for_the_last_and_the_last_good_one() -> None:
    old = [make_run(hours_ago=24 * days, ok=days != 101) for days in (104, 103, 102, 101)]
    assert delete_old_runs() == 2
    assert set(BackupRun.objects.all()) == set(old[2:])
    new = make_run()
    assert delete_old_runs() == 2
    assert list(BackupRun.objects.all()) == [new]


@pytest.mark.parametrize(
    ("now", "started", "tried", "made", "due"),
    [
        (NOW, NOW, None, None, True),
        (NOW, NOW, None, NOW - timedelta(hours=27), True),
        (NOW, NOW, None, NOW - timedelta(hours=25), False),
        (
            NIGHT - timedelta(minutes=1),
            NOW - timedelta(days=3),
            NIGHT - timedelta(days=1),
            NIGHT - timedelta(days=1),
            False,
        ),
        (NIGHT, NOW - timedelta(days=3), NIGHT - timedelta(days=1), NIGHT - timedelta(days=1), True),
        (NIGHT + timedelta(hours=5), NOW - timedelta(days=3), NIGHT, NIGHT, False),
        # It failed: again two hours later, and then every hour.
        (NIGHT + timedelta(minutes=90), NOW - timedelta(days=3), NIGHT, NIGHT - timedelta(days=1), False),
        (NIGHT + timedelta(minutes=121), NOW - timedelta(days=3), NIGHT, NIGHT - timedelta(days=1), True),
        (NIGHT + timedelta(minutes=30), NOW - timedelta(days=3), NIGHT, None, False),
        (NIGHT + timedelta(minutes=60), NOW - timedelta(days=3), NIGHT, None, True),
    ],
)
def test_when_the_nightly_process_backs_up(
    now: datetime, started: datetime, tried: datetime | None, made: datetime | None, due: bool
) -> None:
    assert is_due(now, started=started, tried=tried, made=made) == due


def test_the_nightly_process_continues_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each failure is logged, and the next attempt follows an hour later."""
    results = [CommandError("No space left in /backups."), ValueError("a secret"), made()]
    clock = iter(NOW + timedelta(minutes=50 * step) for step in range(1000))
    slept: list[float] = []

    def back_up() -> Any:
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if not results:
            raise KeyboardInterrupt

    monkeypatch.setattr("django.utils.timezone.now", lambda: next(clock))
    monkeypatch.setattr("time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        nightly.run_every_night(back_up)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "The backup failed: No space left in /backups."),
        ("ERROR", "The backup failed: An error in the program (ValueError). The log of the backup says more."),
        ("INFO", "Backup made: /dev/null: portal, 0 files, 0.0 MB in all."),
    ]
    assert len(slept) == 5


def nights(monkeypatch: pytest.MonkeyPatch, *moments: datetime, back_up: Callable[[], runs.Backup]) -> list[datetime]:
    """Return when the nightly process backs up, if the clock shows these moments."""
    clock, slept, called = iter(moments), 0, []
    shown = moments[0]

    def sleep(seconds: float) -> None:
        nonlocal shown, slept
        slept += 1
        if slept == len(moments):
            raise KeyboardInterrupt
        shown = next(clock)

    def call() -> runs.Backup:
        called.append(shown)
        return back_up()

    next(clock)
    monkeypatch.setattr("django.utils.timezone.now", lambda: shown)
    monkeypatch.setattr(nightly, "time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(nightly, "connection", Mock())  # it is not closed, since the test is in a transaction
    with pytest.raises(KeyboardInterrupt):
        nightly.run_every_night(call)
    return called


def test_the_nightly_process_continues_after_a_correction_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock showed next year when it started and made its first backup."""
    ahead, later = NOW + timedelta(days=365), [NOW + timedelta(minutes=30 * step) for step in range(60)]
    assert nights(monkeypatch, ahead, *later, back_up=made) == [ahead, NIGHT + timedelta(days=1)]


def test_a_backup_that_lacks_files_is_repeated_only_the_next_night(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also by a process that starts later, which knows it from the record."""

    def back_up() -> runs.Backup:
        BackupRun.objects.create(started_at=timezone.now(), ok=False, file="portal.tar", problem="Lost.", bytes=512)
        return made(missing=("files/0a-1/7",))

    moments = [NOW + timedelta(minutes=30 * step) for step in range(60)]
    assert nights(monkeypatch, *moments, back_up=back_up) == [NOW, NIGHT + timedelta(days=1)]
    assert {record.levelname for record in caplog.records} == {"ERROR"}
    assert "Backup made, but files are missing: Tasks name files that are" in caplog.text
    assert nights(monkeypatch, *[moments[-1] + timedelta(hours=step) for step in range(8)], back_up=back_up) == []


def test_a_backup_that_fails_its_check_replaces_the_one_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Hourly attempts do not fill the disk, and a backup that passes removes it."""
    older = tmp_path / "portal-2026-01-01-023000.tar"
    older.touch()

    def make(file: Path, *, partly: bool) -> runs.Backup:
        file.write_bytes(b"damaged")
        return runs.Backup(file, BackupReport(["portal"]), has_files=True)

    monkeypatch.setattr(runs, "_make", make)
    for _ in range(2):
        with pytest.raises(CommandError, match="cannot be read as a backup"):
            runs.run_backup(tmp_path, keep=1, partly=False)
        assert {path.name for path in tmp_path.iterdir()} == {older.name, "portal.tar.damaged"}
    assert not BackupRun.objects.filter(ok=True).exists() and last_made() is None
    monkeypatch.setattr(runs, "check_backup", lambda file: Contents("", 0))
    backup = runs.run_backup(tmp_path, keep=1, partly=False)
    assert list(tmp_path.iterdir()) == [backup.file]


def test_a_backup_counts_although_it_cannot_be_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def make(file: Path, *, partly: bool) -> runs.Backup:
        file.write_bytes(b"whole")
        return runs.Backup(file, BackupReport(["portal"]), has_files=True)

    def refuse(**values: Any) -> None:
        raise OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(runs, "_make", make)
    monkeypatch.setattr(BackupRun.objects, "create", refuse)
    assert runs.run_backup(tmp_path / "b.tar", keep=None, partly=False).file.exists()
    assert "The run of the backup could not be recorded (OperationalError)" in caplog.messages
