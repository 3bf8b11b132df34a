"""Metrics that are read from the portal's database: waiting work, the age of task indexes, and workers' heartbeats."""

from collections.abc import Iterator

from django.db.models import F, Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from pipelines_portal.core.job_queue import waiting_jobs
from pipelines_portal.core.metrics import queue_metrics, seconds_since
from pipelines_portal.entry.models import IS_AT_WORK, ImportJob
from pipelines_portal.submissions.models import Export
from pipelines_portal.system.models import WorkerHeartbeat
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.models import ZipUpload


def queues() -> Iterator[Metric]:
    """Yield the length and age of each queue, read by the index with which the worker finds its work."""
    now = timezone.now()
    is_free = Q(lease_until=None) | Q(lease_until__lt=now)
    imports = ImportJob.objects.filter(IS_AT_WORK, is_free, due_at__lte=now).order_by("due_at")
    uploads = ZipUpload.objects.filter(next_poll_at__lte=now).order_by("next_poll_at")
    exports = Export.objects.filter(due_at__lte=now).order_by("due_at")
    yield from queue_metrics(
        [
            ("jobs", waiting_jobs()),
            ("imports", imports.values_list("due_at", flat=True)),
            ("uploads", uploads.values_list("next_poll_at", flat=True)),
            ("exports", exports.values_list("due_at", flat=True)),
        ]
    )


def task_index_age() -> Iterator[Metric]:
    """Yield the age of the oldest task index. Indexes without viewers or with a dead key are not read, or counted."""
    watched = WorkflowIndex.objects.watched()
    stale = GaugeMetricFamily("pipelines_task_index_stale_seconds", "Age of the oldest task counts, in seconds.")
    oldest = watched.aggregate(oldest=Min(Coalesce(F("open_as_of"), F("started_at"))))["oldest"]
    stale.add_metric([], seconds_since(oldest) if oldest else 0)
    yield stale


def worker_heartbeats() -> Iterator[Metric]:
    """Yield the age of the newest heartbeat, without a value if no worker has ever run."""
    age = GaugeMetricFamily("pipelines_worker_beat_seconds", "Seconds since the last heartbeat of any worker.")
    newest = WorkerHeartbeat.objects.aggregate(newest=Max("seen_at"))["newest"]
    if newest is not None:
        age.add_metric([], seconds_since(newest))
    yield age
