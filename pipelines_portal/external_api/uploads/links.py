"""Start an upload: create it with a presigned link for its archive."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import OrganizationKey, SentRows, Upload, Workflow
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.quotas import require_room_to_start
from pipelines_portal.external_api.uploads.confirm import NOT_PENDING
from pipelines_portal.external_api.uploads.schemas import UploadIn

SHORTEST_LIFETIME = timedelta(minutes=60)
LONGEST_LIFETIME = timedelta(hours=12)
BYTES_PER_SECOND = 1024 * 1024


def start(key: OrganizationKey, workflow: Workflow, sent: UploadIn, server: str) -> tuple[Upload, str]:
    """Create an upload and return it with its link. `server` is the address by which the caller reached the API."""
    expires_at = _expiry(timezone.now(), sent.file_size_bytes)
    upload = Upload(workflow=workflow, key=key, expires_at=expires_at, kept_bytes=sent.file_size_bytes or 0)
    url = get_storage().upload_url(archive_name(upload.pk), upload.expires_at, server)
    with transaction.atomic():
        require_room_to_start(workflow.organization_id, upload.kept_bytes)
        upload.save(force_insert=True)
        if sent.tasks is not None:
            SentRows.objects.create(upload=upload, rows=[task.fields for task in sent.tasks])
    return upload, url


def renew(upload: Upload, file_size_bytes: int | None, server: str) -> str:
    """Return a new link for a pending upload, which lasts as long as a first one. Raise 409 for any other upload."""
    upload.expires_at = _expiry(timezone.now(), file_size_bytes)
    pending = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PENDING)
    if not pending.update(expires_at=upload.expires_at):
        raise ApiError(409, NOT_PENDING)
    return get_storage().upload_url(archive_name(upload.pk), upload.expires_at, server)


def _expiry(now: datetime, file_size_bytes: int | None) -> datetime:
    """Return when the link expires: it lasts long enough to send the archive at 1 MiB/s, within bounds."""
    # Bound the number first: a timedelta cannot hold every number.
    seconds = min((file_size_bytes or 0) // BYTES_PER_SECOND, int(LONGEST_LIFETIME.total_seconds()))
    whole = now.replace(microsecond=0)
    # Round up to whole seconds, but not past the longest.
    lifetime = max(timedelta(seconds=seconds), SHORTEST_LIFETIME)
    return whole + min(timedelta(seconds=1) + lifetime, LONGEST_LIFETIME)
