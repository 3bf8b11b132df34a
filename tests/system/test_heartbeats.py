"""Whether a worker lives, by the time of its last heartbeat."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines_portal.core.probes import OK
from pipelines_portal.system import heartbeats, metrics
from pipelines_portal.system.models import WorkerHeartbeat

pytestmark = pytest.mark.django_db


def ages() -> list[float]:
    return [sample.value for metric in metrics.worker_heartbeats() for sample in metric.samples]


def test_a_worker_is_live_for_four_minutes_after_its_last_heartbeat() -> None:
    assert heartbeats.worker() == heartbeats.SILENT and ages() == []
    heartbeats.record_heartbeat()
    assert heartbeats.worker() == OK and ages()[0] < 10
    WorkerHeartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert heartbeats.worker() == heartbeats.SILENT
    assert 300 <= ages()[0] < 310


def test_a_heartbeat_in_the_future_does_not_count() -> None:
    """The clock was a day ahead when the worker ended."""
    heartbeats.record_heartbeat()
    WorkerHeartbeat.objects.update(seen_at=timezone.now() + timedelta(minutes=1))
    assert heartbeats.worker() == OK
    WorkerHeartbeat.objects.update(seen_at=timezone.now() + timedelta(days=1))
    assert heartbeats.worker() == heartbeats.SILENT and ages() == []


def test_a_heartbeat_deletes_workers_that_ended_a_week_ago() -> None:
    WorkerHeartbeat.objects.create(worker_id="ended", seen_at=timezone.now() - timedelta(days=8))
    heartbeats.record_heartbeat()
    assert not WorkerHeartbeat.objects.filter(worker_id="ended").exists()


def worker() -> str:
    """In the place of the portal's, while its database does not answer."""
    raise OSError


def storage() -> str:
    raise OSError
