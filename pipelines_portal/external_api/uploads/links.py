"""Start an upload: make room for it, and create it with a presigned link for its archive."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from pipelines_portal.core.metrics import UPLOADS_ENDED
from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import Organization, OrganizationKey, SentRows, Upload, Workflow
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.quotas import bytes_left, over_quota, uploads_of
from pipelines_portal.external_api.uploads.confirm import NOT_PENDING
from pipelines_portal.external_api.uploads.schemas import UploadIn

SHORTEST_LIFETIME = timedelta(minutes=60)
LONGEST_LIFETIME = timedelta(hours=12)
BYTES_PER_SECOND = 1024 * 1024
# A client that has not begun its PUT this long after the link was signed has failed.
IDLE_AFTER = timedelta(minutes=15)
# Uploads of one organization that have not ended.
MOST_OPEN_UPLOADS = 200
# How long to wait for room. Somebody may confirm or cancel an upload at any time.
RETRY_AFTER_SECONDS = 60


def start(key: OrganizationKey, workflow: Workflow, sent: UploadIn, server: str) -> tuple[Upload, str]:
    """Create an upload and return it with its link. `server` is the address by which the caller reached the API."""
    expires_at = _expiry(timezone.now(), sent.file_size_bytes)
    upload = Upload(workflow=workflow, key=key, expires_at=expires_at, kept_bytes=sent.file_size_bytes or 0)
    url = get_storage().upload_url(archive_name(upload.pk), upload.expires_at, server)
    with transaction.atomic():
        _make_room(key, upload.kept_bytes)
        upload.save(force_insert=True)
        if sent.tasks is not None:
            SentRows.objects.create(upload=upload, rows=[task.fields for task in sent.tasks])
    return upload, url


def renew(upload: Upload, file_size_bytes: int | None, server: str) -> str:
    """Return a new link for a pending upload, which lasts as long as a first one. Raise 409 for any other upload.

    The error has its ID, since the answer that named it may have been lost.
    """
    upload.expires_at = _expiry(timezone.now(), file_size_bytes)
    pending = Upload.objects.filter(pk=upload.pk, status=Upload.Status.PENDING)
    if not pending.update(expires_at=upload.expires_at):
        raise ApiError(409, NOT_PENDING, upload_id=str(upload.pk))
    return get_storage().upload_url(archive_name(upload.pk), upload.expires_at, server)


def _make_room(key: OrganizationKey, announced: int) -> None:
    """Make room for an upload of `announced` bytes, or raise 429 or 422. Call in the transaction that creates it.

    If a limit is reached, cancel idle uploads of this key, the oldest first, and only if that is enough.
    """
    # Lock the organization, so that concurrent starts count each other.
    Organization.objects.select_for_update().get(pk=key.organization_id)
    uploads = uploads_of(key.organization_id)
    surplus = uploads.filter(status__in=Upload.OPEN).count() + 1 - MOST_OPEN_UPLOADS
    missing = announced - bytes_left(key.organization_id)
    if surplus <= 0 and missing <= 0:
        return
    cancelled = []
    for upload in _idle_uploads(key):
        if surplus > 0 or (missing > 0 and upload.kept_bytes):
            cancelled.append(upload)
            surplus, missing = surplus - 1, missing - upload.kept_bytes
    if surplus > 0:
        raise _full(f"The organization has {MOST_OPEN_UPLOADS:,} uploads open, as many as it may.")
    if missing > 0:
        pending = uploads.filter(status=Upload.Status.PENDING).aggregate(bytes=Sum("kept_bytes"))["bytes"] or 0
        if missing <= pending - sum(upload.kept_bytes for upload in cancelled):
            raise _full(over_quota())
        # Even without the archives that are expected, those that are stored leave too little.
        raise ApiError(422, f"{over_quota()} No upload was started.")
    _cancel_locked(cancelled)


def _idle_uploads(key: OrganizationKey) -> list[Upload]:
    """Lock and return the pending uploads of the key without a byte whose link is old, the oldest first.

    Skip rows that another transaction has locked: a PUT begins there, or a link is renewed.
    """
    if not get_storage().notes_puts:
        return []
    untouched = Upload.objects.filter(key=key, status=Upload.Status.PENDING, put_at=None).order_by("created_at")
    signed_before = timezone.now() - IDLE_AFTER
    free = untouched.select_for_update(skip_locked=True)
    return [upload for upload in free if upload.expires_at <= _expiry(signed_before, upload.kept_bytes)]


def _cancel_locked(uploads: list[Upload]) -> None:
    locked = Upload.objects.filter(pk__in=[upload.pk for upload in uploads])
    locked.update(status=Upload.Status.CANCELLED, finished_at=timezone.now(), kept_bytes=0)
    transaction.on_commit(lambda: UPLOADS_ENDED.labels(Upload.Status.CANCELLED.value).inc(len(uploads)))


def _full(reason: str) -> ApiError:
    message = f"{reason} No upload was started. Confirm or cancel those that are open, or wait until they expire."
    return ApiError(429, message, reason="too_many_uploads", retry_after=RETRY_AFTER_SECONDS)


def _expiry(now: datetime, file_size_bytes: int | None) -> datetime:
    """Return when the link expires: it lasts long enough to send the archive at 1 MiB/s, within bounds."""
    # Bound the number first: a timedelta cannot hold every number.
    seconds = min((file_size_bytes or 0) // BYTES_PER_SECOND, int(LONGEST_LIFETIME.total_seconds()))
    whole = now.replace(microsecond=0)
    # Round up to whole seconds, but not past the longest.
    lifetime = max(timedelta(seconds=seconds), SHORTEST_LIFETIME)
    return whole + min(timedelta(seconds=1) + lifetime, LONGEST_LIFETIME)
