"""A clock that is set back or forward: said in the log, and what waits is not kept waiting for hours."""

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from pipelines_portal.shared import clock_watch
from pipelines_portal.shared.clock_watch import ClockWatch
from pipelines_portal.submissions.models import Export
from pipelines_portal.task_index.models import Walk
from pipelines_portal.task_index.watching import begin_index
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.worker.clock import bring_forward, bring_lost_forward
from tests.factories import Desk

pytestmark = pytest.mark.full

HOURS = timedelta(hours=3)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Both of this machine's, a minute after they were looked at."""
    now = SimpleNamespace(day=1_800_000_000.0, running=500.0)
    monkeypatch.setattr(clock_watch, "time", SimpleNamespace(time=lambda: now.day, monotonic=lambda: now.running))
    return now


@pytest.mark.parametrize(
    ("jump", "back", "words"),
    [
        (timedelta(), None, ""),
        (timedelta(seconds=20), None, ""),
        (HOURS, None, "went forward by 3:00:00 at once, or the machine slept"),
        (-HOURS, HOURS, "was set back by 3:00:00: what was due before is due now"),
        (-timedelta(minutes=2), None, "was set back by 0:02:00"),
    ],
)
def test_a_jump_is_said_once(
    clock: SimpleNamespace, caplog: pytest.LogCaptureFixture, jump: timedelta, back: timedelta | None, words: str
) -> None:
    watch = ClockWatch()
    clock.day, clock.running = clock.day + 60 + jump.total_seconds(), clock.running + 60
    with caplog.at_level(logging.WARNING):
        assert watch.set_back_by() == back
        assert watch.set_back_by() is None
    assert [words in record.getMessage() for record in caplog.records] == [True] * bool(words)


def test_what_waits_is_due_once_the_clock_was_set_back(desk: Desk) -> None:
    soon, later = timezone.now() + timedelta(minutes=1), timezone.now() + HOURS
    exports = [Export.objects.create(owner=desk.person, format="csv", zone="UTC", due_at=at) for at in (soon, later)]
    sending = desk.draft()
    type(sending).objects.filter(pk=sending.pk).update(state="sending", sending_until=later)
    upload = ZipUpload.objects.create(
        submission=desk.draft(kind="zip"), file_name="a.zip", size_bytes=1, task_count=1, next_poll_at=later
    )
    bring_forward(timedelta(hours=2, minutes=50))
    near, far = (Export.objects.get(pk=export.pk).due_at for export in exports)
    assert near == soon and far <= timezone.now()
    upload.refresh_from_db()
    assert upload.next_poll_at and upload.next_poll_at <= timezone.now()
    sending.refresh_from_db()
    assert sending.sending_until and timezone.now() < sending.sending_until < soon + timedelta(minutes=10)


def test_what_was_set_back_while_no_worker_ran_is_found(desk: Desk) -> None:
    walk = begin_index(desk.workflow).walks.first()
    assert walk
    Walk.objects.filter(pk=walk.pk).update(due_at=timezone.now() + HOURS)
    bring_lost_forward()
    walk.refresh_from_db()
    assert walk.due_at and walk.due_at <= timezone.now()
