"""Whether a worker lives. It says so once a minute: each word is a write, which wakes what looks for work."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.crypto import get_random_string
from prometheus_client.core import GaugeMetricFamily, Metric

from pipelines_portal.core.metrics import seconds_since
from pipelines_portal.core.probes import OK
from pipelines_portal.system.models import WorkerBeat

SILENT_AFTER = timedelta(minutes=4)
KEPT_FOR = timedelta(days=7)
SILENT = (
    "No worker has said for 4 minutes that it lives: imports, uploads and counts stand still. Start one "
    "(`manage.py run_worker`), or look at its log."
)
# Of this process.
_worker_id = get_random_string(32)


def beat() -> None:
    now = timezone.now()
    WorkerBeat.objects.update_or_create(worker_id=_worker_id, defaults={"seen_at": now})
    WorkerBeat.objects.filter(seen_at__lt=now - KEPT_FOR).delete()


def worker() -> str:
    """For /ready."""
    is_live = WorkerBeat.objects.filter(seen_at__gt=timezone.now() - SILENT_AFTER).exists()
    return OK if is_live else SILENT


def worker_beats() -> Iterator[Metric]:
    """Nothing where no worker ever said so."""
    age = GaugeMetricFamily("pipelines_worker_beat_seconds", "Since a worker last said that it lives.")
    newest = WorkerBeat.objects.aggregate(newest=Max("seen_at"))["newest"]
    if newest is not None:
        age.add_metric([], seconds_since(newest))
    yield age
