"""Clean up: abandoned uploads, jobs of dead workers, files without a task, and other old data."""

import logging
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from pipelines_portal.core.database_errors import log_and_continue
from pipelines_portal.core.housekeeping import HousekeepingTask, delete_in_batches, repeat_until_done
from pipelines_portal.core.metrics import UPLOADS_ENDED
from pipelines_portal.core.sign_in_throttle.throttle import remove_old_tries
from pipelines_portal.external_api.idempotency import delete_old_answers
from pipelines_portal.external_api.models import SentRows, Upload
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.uploads.files import delete_unneeded_files
from pipelines_portal.external_api.uploads.process import process_upload
from pipelines_portal.external_api.uploads.workers import lease_time

logger = logging.getLogger(__name__)
# A job that waits for this many leases was probably lost with a worker that died right after taking it.
QUEUE_LEASES = 10
AT_ONCE = 500
JOBS_KEPT_FOR = timedelta(days=7)


def sweep() -> None:
    """Run all parts, even if one fails. Safe to run at any time, also in several processes."""
    for part in (requeue_orphans, cancel_abandoned, delete_late_archives, delete_unfinished):
        try:
            part()
        except Exception as error:
            log_and_continue(logger, "The worker's upkeep", error)
            close_old_connections()


def _grace() -> timedelta:
    return timedelta(seconds=settings.UPLOAD_GRACE_SECONDS)


def requeue_orphans() -> None:
    """Queue the uploads of dead workers again. The queue itself never hands out a job twice.

    An upload whose job is still in the queue waits for others before it, and has lost nothing.
    """
    now, queued = timezone.now(), _queued()
    is_lost_job = Q(leased_until=None, enqueued_at__lte=now - QUEUE_LEASES * lease_time())
    lost = Q(leased_until__lte=now) | is_lost_job
    orphans = Upload.objects.filter(lost, status=Upload.Status.PROCESSING)
    for pk in orphans.exclude(pk__in=queued).values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            if orphans.filter(pk=pk).update(leased_until=None, enqueued_at=now):
                logger.warning("Upload %s lost its worker; it is queued again", pk)
                process_upload.enqueue(str(pk))


def _queued() -> list[str]:
    """Return the IDs of the uploads whose jobs no worker has taken yet."""
    waiting = DBTaskResult.objects.filter(task_path=process_upload.module_path, status=TaskResultStatus.READY)
    return [arguments["args"][0] for arguments in waiting.values_list("args_kwargs", flat=True)]


def cancel_abandoned() -> int:
    """Cancel uploads that were never confirmed, and return how many."""
    now = timezone.now()
    cancelled = Upload.objects.filter(status=Upload.Status.PENDING, expires_at__lte=now - _grace()).update(
        status=Upload.Status.CANCELLED, finished_at=now
    )
    if cancelled:
        UPLOADS_ENDED.labels(Upload.Status.CANCELLED.value).inc(cancelled)
    return cancelled


def delete_late_archives() -> int:
    """Delete archives of ended uploads after their URLs have expired: until then, a PUT may store one again."""
    now = timezone.now()
    ended = Upload.objects.filter(status__in=Upload.ENDED, swept_at=None, expires_at__lte=now - _grace())
    swept = 0
    # In random order, so that uploads that fail do not hold up the others.
    for upload in ended.order_by("?")[:AT_ONCE]:
        try:
            delete_unneeded_files(upload)
        except Exception as error:
            log_and_continue(logger, f"The clean-up of upload {upload.pk}", error)
            continue
        SentRows.objects.filter(upload=upload).delete()
        Upload.objects.filter(pk=upload.pk).update(swept_at=now)
        swept += 1
    return swept


def delete_unfinished() -> int:
    """Delete archives whose upload broke off."""
    return get_storage().delete_unfinished(timezone.now() - _grace())


def delete_old_jobs() -> int:
    """Delete old jobs, which the queue keeps. The result of an upload is on its own row."""
    old = DBTaskResult.objects.filter(enqueued_at__lte=timezone.now() - JOBS_KEPT_FOR)
    return delete_in_batches(old.exclude(status=TaskResultStatus.READY))


def delete_expired_sessions() -> int:
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


EVERY_HOUR = (
    HousekeepingTask("Sessions that are over", delete_expired_sessions),
    HousekeepingTask("Counts of sign-in tries", remove_old_tries),
    HousekeepingTask("Jobs that are over", delete_old_jobs),
    HousekeepingTask("Answers stored for idempotency keys", delete_old_answers),
    HousekeepingTask("Uploads that nobody confirmed, cancelled", cancel_abandoned),
    HousekeepingTask("Archives of uploads that ended", partial(repeat_until_done, delete_late_archives)),
    HousekeepingTask("Archives that broke off on their way", delete_unfinished),
)
