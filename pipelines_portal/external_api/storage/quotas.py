"""Quotas of an organization: bytes of storage and open uploads."""

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.template.defaultfilters import filesizeformat

from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import Organization, Upload


def require_room_to_start(organization_id: int, announced: int) -> None:
    """Raise 422 if one more upload of `announced` bytes is too much. Call in the transaction that creates it."""
    # Lock the organization, so that concurrent starts count each other.
    Organization.objects.select_for_update().get(pk=organization_id)
    most = settings.ORGANIZATION_OPEN_UPLOADS
    if _uploads(organization_id).filter(status__in=Upload.OPEN).count() >= most:
        raise ApiError(
            422,
            f"The organization has {most:,} uploads open, as many as it may. No upload was started. Confirm those, or "
            "wait until they expire.",
        )
    if announced > bytes_left(organization_id):
        raise ApiError(422, f"{over_quota()} No upload was started.")


def bytes_left(organization_id: int, but: Upload | None = None) -> int:
    """Return the bytes that the organization may still store, not counting the upload `but`. May be negative."""
    uploads = _uploads(organization_id).filter(kept_bytes__gt=0)
    if but is not None:
        uploads = uploads.exclude(pk=but.pk)
    kept = uploads.aggregate(bytes=Sum("kept_bytes"))["bytes"] or 0
    return settings.ORGANIZATION_STORAGE_BYTES - kept


def over_quota() -> str:
    return (
        f"The archive would take the organization over its {size_text(settings.ORGANIZATION_STORAGE_BYTES)} of storage."
    )


def size_text(size: int) -> str:
    return filesizeformat(size).replace("\xa0", " ")


def _uploads(organization_id: int) -> QuerySet[Upload]:
    return Upload.objects.filter(workflow__organization_id=organization_id)
