"""Metrics that are computed when they are read, and the names of the API's operations in metrics and logs."""

import shutil
import time
from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest
from django.urls import ResolverMatch
from prometheus_client.core import GaugeMetricFamily, Metric

from pipelines_portal.core.job_queue import waiting_jobs
from pipelines_portal.core.metrics import UNMATCHED, queue_metrics, seconds_since
from pipelines_portal.external_api.api import api, routers
from pipelines_portal.external_api.models import Upload, WorkerHeartbeat
from pipelines_portal.external_api.storage.location import EmbeddedLocation

# The sum scans all uploads with stored files, so each process computes it at most this often.
SECONDS_BETWEEN_SUMS = 300.0
_summed: tuple[float, int] | None = None


def queues() -> Iterator[Metric]:
    processing = Upload.objects.filter(status=Upload.Status.PROCESSING, confirmed_at__isnull=False)
    since = processing.order_by("confirmed_at").values_list("confirmed_at", flat=True)
    yield from queue_metrics([("jobs", waiting_jobs()), ("uploads", since)])


def storage() -> Iterator[Metric]:
    used = GaugeMetricFamily("pipelines_storage_used_bytes", "Bytes of ZIP files and task files.")
    used.add_metric([], _used_bytes())
    yield used
    free = GaugeMetricFamily("pipelines_storage_free_bytes", "Free bytes on the disk of the included storage.")
    if isinstance(settings.STORAGE, EmbeddedLocation):
        folder = settings.STORAGE.folder
        free.add_metric([], shutil.disk_usage(folder if folder.is_dir() else settings.DATA_DIR).free)
    yield free


def worker_heartbeats() -> Iterator[Metric]:
    """Yield nothing if no worker is known: a worker that stops removes its heartbeat."""
    age = GaugeMetricFamily("pipelines_worker_beat_seconds", "Seconds since the last heartbeat of any worker.")
    newest = WorkerHeartbeat.credible().aggregate(newest=Max("seen_at"))["newest"]
    if newest is not None:
        age.add_metric([], seconds_since(newest))
    yield age


def _used_bytes() -> int:
    global _summed
    if _summed is None or time.monotonic() - _summed[0] > SECONDS_BETWEEN_SUMS:
        kept = Upload.objects.filter(kept_bytes__gt=0).aggregate(bytes=Sum("kept_bytes"))["bytes"]
        _summed = (time.monotonic(), int(kept or 0))
    return _summed[1]


def view_name(request: HttpRequest, match: ResolverMatch) -> str:
    """Return the name of the operation. Pages have the name of their URL, unsupported methods UNMATCHED."""
    names = _names().get(match.view_name)
    return match.view_name if names is None else names.get(request.method or "", UNMATCHED)


@cache
def _names() -> dict[str, dict[str, str]]:
    """Return the names of operations by the name of their URL and by method."""
    return {
        f"{api.urls_namespace}:{view.operations[0].operation_id}": {
            method: f"{api.urls_namespace}:{operation.operation_id}"
            for operation in view.operations
            for method in operation.methods
        }
        for router in routers
        for view in router.path_operations.values()
    }
