"""Confirm an upload, which hands its stored archive to the background worker, or cancel it."""

import logging

from django.db import DatabaseError, transaction
from django.utils import timezone

from pipelines_portal.core.database_errors import log_and_continue
from pipelines_portal.core.metrics import UPLOADS_ENDED
from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import (
    StorageFullError,
    StorageUnavailableError,
    StoredObject,
    archive_name,
)
from pipelines_portal.external_api.storage.quotas import bytes_left, over_quota
from pipelines_portal.external_api.uploads.files import delete_unneeded_files
from pipelines_portal.external_api.uploads.process import process_upload
from pipelines_portal.external_api.uploads.workers import worker_is_live

logger = logging.getLogger(__name__)
NOT_PENDING = "Upload has already been confirmed or is no longer pending"
NOT_STORED = "ZIP archive has not been uploaded yet"
NO_WORKER = "The background worker is unavailable. The upload is still pending; try again later."
FULL_STORAGE = "The storage has no room to unpack the archive. The upload is still pending; try again later."
NO_STORAGE = "The storage is unavailable. The upload is still pending; try again later."


def require_pending(upload: Upload) -> None:
    if upload.status != Upload.Status.PENDING:
        raise ApiError(409, NOT_PENDING)


def cancel(upload: Upload) -> None:
    """Cancel a pending upload, and delete its archive. Do nothing if it is cancelled, and raise 409 if it went on."""
    pending = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PENDING)
    if pending.update(status=Upload.Status.CANCELLED, finished_at=timezone.now()):
        UPLOADS_ENDED.labels(Upload.Status.CANCELLED.value).inc()
        try:
            delete_unneeded_files(upload)
        except Exception as error:  # the sweep deletes them after the link has expired
            log_and_continue(logger, f"The clean-up of upload {upload.pk}", error)
    elif not Upload.objects.filter(pk=upload.pk, status=Upload.Status.CANCELLED).exists():
        raise ApiError(409, NOT_PENDING)


def require_archive(upload: Upload) -> StoredObject:
    """Return the stored archive. Raise 422 if it is missing or exceeds the quota, 503 if the storage fails."""
    try:
        stored = get_storage().find(archive_name(upload.pk))
        # Unpacking needs at least as much space again.
        get_storage().require_room(stored.size if stored else 0)
    except StorageFullError as error:
        raise ApiError(503, FULL_STORAGE) from error
    except StorageUnavailableError as error:
        raise ApiError(503, NO_STORAGE) from error
    if stored is None:
        raise ApiError(422, NOT_STORED)
    if stored.size > bytes_left(upload.workflow.organization_id, but=upload):
        raise ApiError(422, f"{over_quota()} The upload is still pending.")
    return stored


def hand_to_worker(upload: Upload, archive: StoredObject) -> None:
    """Change the status and queue the job, both or neither. Only one of several concurrent callers succeeds."""
    if not worker_is_live():
        raise ApiError(503, NO_WORKER)
    try:
        with transaction.atomic():
            _start(upload, archive)
    except DatabaseError as error:
        raise ApiError(503, NO_WORKER) from error


def _start(upload: Upload, archive: StoredObject) -> None:
    now = timezone.now()
    started = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PENDING).update(
        status=Upload.Status.PROCESSING,
        archive_fingerprint=archive.fingerprint,
        kept_bytes=archive.size,
        confirmed_at=now,
        enqueued_at=now,
    )
    if not started:
        raise ApiError(409, NOT_PENDING)
    process_upload.enqueue(str(upload.pk))
