"""What waits for the portal's worker."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils import timezone
from prometheus_client.core import Metric

from pipelines_portal.core.job_queue import waiting_jobs
from pipelines_portal.core.metrics import queue_metrics
from pipelines_portal.entry.models import IS_AT_WORK, ImportJob
from pipelines_portal.submissions.models import Export
from pipelines_portal.uploads.models import ZipUpload


def queues() -> Iterator[Metric]:
    """Each by the index that the worker finds its work by."""
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
