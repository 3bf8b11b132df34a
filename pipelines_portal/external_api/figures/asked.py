"""Figures that are asked for when they are read."""

import shutil
import time
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Max, Sum
from prometheus_client.core import GaugeMetricFamily, Metric

from pipelines_portal.core.metrics.queues import queue_metrics, seconds_since, waiting_jobs
from pipelines_portal.external_api.models import Upload, WorkerHeartbeat
from pipelines_portal.external_api.storage.location import EmbeddedLocation

# The sum is over all uploads that keep something: a process makes it once in so long.
SECONDS_BETWEEN_SUMS = 300.0
_summed: tuple[float, int] | None = None


def queues() -> Iterator[Metric]:
    processing = Upload.objects.filter(status=Upload.Status.PROCESSING, confirmed_at__isnull=False)
    since = processing.order_by("confirmed_at").values_list("confirmed_at", flat=True)
    yield from queue_metrics([("jobs", waiting_jobs()), ("uploads", since)])


def storage() -> Iterator[Metric]:
    used = GaugeMetricFamily("pipelines_storage_used_bytes", "What archives and files of tasks take, by the database.")
    used.add_metric([], _used())
    yield used
    free = GaugeMetricFamily("pipelines_storage_free_bytes", "What the embedded storage's disk has left.")
    if isinstance(settings.STORAGE, EmbeddedLocation):
        folder = settings.STORAGE.folder
        free.add_metric([], shutil.disk_usage(folder if folder.is_dir() else settings.DATA_DIR).free)
    yield free


def worker_beats() -> Iterator[Metric]:
    """Nothing where no worker is known: one that is stopped says goodbye."""
    age = GaugeMetricFamily("pipelines_worker_beat_seconds", "Since a worker last said that it lives.")
    newest = WorkerHeartbeat.objects.aggregate(newest=Max("seen_at"))["newest"]
    if newest is not None:
        age.add_metric([], seconds_since(newest))
    yield age


def _used() -> int:
    global _summed
    if _summed is None or time.monotonic() - _summed[0] > SECONDS_BETWEEN_SUMS:
        kept = Upload.objects.filter(kept_bytes__gt=0).aggregate(bytes=Sum("kept_bytes"))["bytes"]
        _summed = (time.monotonic(), int(kept or 0))
    return _summed[1]
