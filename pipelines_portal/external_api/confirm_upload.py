"""Handing a stored archive to the background worker."""

from django.db import DatabaseError, transaction
from django.utils import timezone

from pipelines_portal.external_api.errors import ApiError
from pipelines_portal.external_api.heartbeats import worker_is_live
from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.process_upload import process_upload
from pipelines_portal.external_api.storage import StorageUnavailableError, archive_name, get_storage

NOT_PENDING = "Upload has already been confirmed or is no longer pending"
NOT_STORED = "ZIP archive has not been uploaded yet"
NO_WORKER = "The background worker is unavailable. The upload is still pending; try again later."
NO_STORAGE = "The storage is unavailable. The upload is still pending; try again later."


def require_pending(upload: Upload) -> None:
    if upload.status != Upload.Status.PENDING:
        raise ApiError(409, NOT_PENDING)


def stored_fingerprint(upload: Upload) -> str:
    """Which version of the archive is in storage; 422 when none is."""
    try:
        fingerprint = get_storage().fingerprint(archive_name(upload.pk))
    except StorageUnavailableError as error:
        raise ApiError(503, NO_STORAGE) from error
    if fingerprint is None:
        raise ApiError(422, NOT_STORED)
    return fingerprint


def hand_to_worker(upload: Upload, fingerprint: str) -> None:
    """Change the state and queue the job, both or neither. Of several callers at once one gets through."""
    if not worker_is_live():
        raise ApiError(503, NO_WORKER)
    try:
        with transaction.atomic():
            _start(upload, fingerprint)
    except DatabaseError as error:
        raise ApiError(503, NO_WORKER) from error


def _start(upload: Upload, fingerprint: str) -> None:
    now = timezone.now()
    started = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PENDING).update(
        status=Upload.Status.PROCESSING, archive_fingerprint=fingerprint, confirmed_at=now, enqueued_at=now
    )
    if not started:
        raise ApiError(409, NOT_PENDING)
    process_upload.enqueue(str(upload.pk))
