"""Starting an upload: the link that takes its archive, and how long that lasts."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey, SentRows, Upload, Workflow
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.quotas import require_room_to_start
from pipelines_portal.external_api.uploads.schemas import UploadIn

SHORTEST = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
BYTES_PER_SECOND = 1024 * 1024


def start(key: OrganizationKey, workflow: Workflow, sent: UploadIn, server: str) -> tuple[Upload, str]:
    """A new upload and its link; `server` is the address by which the caller reached the API."""
    expires_at = _expiry(timezone.now(), sent.file_size_bytes)
    upload = Upload(workflow=workflow, key=key, expires_at=expires_at, kept_bytes=sent.file_size_bytes or 0)
    url = get_storage().upload_url(archive_name(upload.pk), upload.expires_at, server)
    with transaction.atomic():
        require_room_to_start(workflow.organization_id, upload.kept_bytes)
        upload.save(force_insert=True)
        if sent.tasks is not None:
            SentRows.objects.create(upload=upload, rows=[task.fields for task in sent.tasks])
    return upload, url


def _expiry(now: datetime, file_size_bytes: int | None) -> datetime:
    """Long enough to send the archive over a line of 1 MiB/s, within bounds; in whole seconds."""
    # Divided before it becomes a timedelta, which cannot hold just any number.
    seconds = min((file_size_bytes or 0) // BYTES_PER_SECOND, int(LONGEST.total_seconds()))
    whole = now.replace(microsecond=0)
    # Rounded up, so that it is never too short, but not past the longest.
    return min(whole + timedelta(seconds=1) + max(timedelta(seconds=seconds), SHORTEST), whole + LONGEST)
