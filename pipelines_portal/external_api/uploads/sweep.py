"""Putting right what nobody comes back for: abandoned uploads, dead workers' jobs, files without a task."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from pipelines_portal.core.locked_database import say_it_goes_on
from pipelines_portal.core.metrics.counted import UPLOADS_ENDED
from pipelines_portal.core.tidying import remove_in_batches
from pipelines_portal.external_api.models import SentRows, Upload
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.uploads.files import delete_unneeded_files
from pipelines_portal.external_api.uploads.process import process_upload
from pipelines_portal.external_api.uploads.workers import lease_time

logger = logging.getLogger(__name__)
# A job that waits this long has most likely been lost, with a worker that took it and died at once.
QUEUE_LEASES = 10
AT_ONCE = 500
JOBS_KEPT_FOR = timedelta(days=7)


def sweep() -> None:
    """All of it, whatever goes wrong with one part. Safe to run at any time, in several processes at once."""
    for part in (requeue_orphans, cancel_abandoned, delete_late_archives, delete_unfinished):
        try:
            part()
        except Exception as error:
            say_it_goes_on(logger, "The worker's upkeep", error)
            close_old_connections()


def _grace() -> timedelta:
    return timedelta(seconds=settings.UPLOAD_GRACE_SECONDS)


def requeue_orphans() -> None:
    """Queue again what a worker held when it died: the queue itself never gives a job out twice."""
    now = timezone.now()
    waits_in_vain = Q(leased_until=None, enqueued_at__lte=now - QUEUE_LEASES * lease_time())
    lost = Q(leased_until__lte=now) | waits_in_vain
    orphans = Upload.objects.filter(lost, status=Upload.Status.PROCESSING)
    for pk in orphans.values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            if orphans.filter(pk=pk).update(leased_until=None, enqueued_at=now):
                logger.warning("Upload %s lost its worker; it is queued again", pk)
                process_upload.enqueue(str(pk))


def cancel_abandoned() -> int:
    """Uploads that were never confirmed."""
    now = timezone.now()
    cancelled = Upload.objects.filter(status=Upload.Status.PENDING, expires_at__lte=now - _grace()).update(
        status=Upload.Status.CANCELLED, finished_at=now
    )
    if cancelled:
        UPLOADS_ENDED.labels(Upload.Status.CANCELLED.value).inc(cancelled)
    return cancelled


def delete_late_archives() -> int:
    """The archives of ended uploads, once their URLs take no more: a PUT to S3 can come as late as that."""
    now = timezone.now()
    ended = Upload.objects.filter(status__in=Upload.ENDED, swept_at=None, expires_at__lte=now - _grace())
    swept = list(ended[:AT_ONCE])
    for upload in swept:
        delete_unneeded_files(upload)
        SentRows.objects.filter(upload=upload).delete()
        Upload.objects.filter(pk=upload.pk).update(swept_at=now)
    return len(swept)


def delete_unfinished() -> int:
    """Archives that broke off on their way."""
    return get_storage().delete_unfinished(timezone.now() - _grace())


def forget_old_jobs() -> int:
    """The queue keeps every job it ever had; what has become of an upload is on its own row."""
    old = DBTaskResult.objects.filter(enqueued_at__lte=timezone.now() - JOBS_KEPT_FOR)
    return remove_in_batches(old.exclude(status=TaskResultStatus.READY))
