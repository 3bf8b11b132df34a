"""Metrics that are read from the portal's database: waiting work, task indexes, heartbeats and backups."""

from collections.abc import Iterator

from django.db.models import F, Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from pipelines_portal.core.job_queue import waiting_jobs
from pipelines_portal.core.metrics import Waiting, queue_metrics, seconds_since
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.statuses import IS_AT_WORK
from pipelines_portal.submissions.models import Export
from pipelines_portal.system.models import MailResult, WorkerHeartbeat, last_runs
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.web.mail import mail_is_on


def waiting_work() -> list[tuple[str, Waiting]]:
    """Return each queue with the times since when its items wait, by the index with which the worker finds its work."""
    now = timezone.now()
    is_free = Q(lease_until=None) | Q(lease_until__lt=now)
    imports = Sheet.objects.filter(IS_AT_WORK, is_free, due_at__lte=now).order_by("due_at")
    uploads = ZipUpload.objects.filter(next_poll_at__lte=now).order_by("next_poll_at")
    exports = Export.objects.filter(due_at__lte=now).order_by("due_at")
    return [
        ("jobs", waiting_jobs()),
        ("imports", imports.values_list("due_at", flat=True)),
        ("uploads", uploads.values_list("next_poll_at", flat=True)),
        ("exports", exports.values_list("due_at", flat=True)),
    ]


def queues() -> Iterator[Metric]:
    """Yield the length and age of each queue."""
    yield from queue_metrics(waiting_work())


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
    newest = WorkerHeartbeat.credible().aggregate(newest=Max("seen_at"))["newest"]
    if newest is not None:
        age.add_metric([], seconds_since(newest))
    yield age


def mail() -> Iterator[Metric]:
    """Yield whether the mail server accepted the last mail, without a value if there was none."""
    is_ok = GaugeMetricFamily("pipelines_mail_ok", "1 if the mail server accepted the last mail, else 0.")
    if mail_is_on() and (last := MailResult.objects.first()):
        is_ok.add_metric([], not last.reason)
    yield is_ok


def backups() -> Iterator[Metric]:
    """Yield the age of the last successful backup and the result of the last one, without values if there is none."""
    age = GaugeMetricFamily("pipelines_backup_age_seconds", "Seconds since the last successful backup began.")
    is_ok = GaugeMetricFamily("pipelines_backup_ok", "1 if the last backup succeeded, else 0.")
    last, succeeded = last_runs()
    if succeeded:
        age.add_metric([], seconds_since(succeeded.started_at))
    if last:
        is_ok.add_metric([], last.ok)
    yield from (age, is_ok)
