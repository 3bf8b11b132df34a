"""Whether a worker lives is told by what it says, and by nothing that the clock or the database made of that."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines_portal.figures import worker_beats
from pipelines_portal.figures.models import WorkerBeat
from pipelines_portal.shared.probes import OK

pytestmark = pytest.mark.django_db


def ages() -> list[float]:
    return [sample.value for metric in worker_beats.worker_beats() for sample in metric.samples]


def test_a_beat_from_before_the_clock_was_set_back_is_no_sign_of_life() -> None:
    WorkerBeat.objects.create(worker_id="ended", seen_at=timezone.now() + timedelta(hours=5))
    assert worker_beats.worker() == worker_beats.SILENT
    assert ages() == []
    worker_beats.beat()
    assert worker_beats.worker() == OK
    assert not WorkerBeat.objects.filter(worker_id="ended").exists()


def test_a_machine_whose_clock_is_a_little_ahead_is_believed() -> None:
    WorkerBeat.objects.create(worker_id="ahead", seen_at=timezone.now() + timedelta(minutes=1))
    assert worker_beats.worker() == OK and ages() == [0]
