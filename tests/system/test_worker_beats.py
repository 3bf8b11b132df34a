"""Whether a worker lives, by the time of its last beat."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines_portal.core.probes import OK
from pipelines_portal.system.metrics import worker_beats
from pipelines_portal.system.models import WorkerBeat

pytestmark = pytest.mark.django_db


def ages() -> list[float]:
    return [sample.value for metric in worker_beats.worker_beats() for sample in metric.samples]


def test_a_worker_is_live_for_four_minutes_after_its_last_beat() -> None:
    assert worker_beats.worker() == worker_beats.SILENT and ages() == []
    worker_beats.beat()
    assert worker_beats.worker() == OK and ages()[0] < 10
    WorkerBeat.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert worker_beats.worker() == worker_beats.SILENT
    assert 300 <= ages()[0] < 310


def test_a_beat_forgets_workers_that_ended_a_week_ago() -> None:
    WorkerBeat.objects.create(worker_id="ended", seen_at=timezone.now() - timedelta(days=8))
    worker_beats.beat()
    assert not WorkerBeat.objects.filter(worker_id="ended").exists()


def worker() -> str:
    """In the place of the portal's, while its database does not answer."""
    raise OSError


def storage() -> str:
    raise OSError
