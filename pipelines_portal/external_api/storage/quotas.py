"""The quota of an organization: bytes of storage."""

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.template.defaultfilters import filesizeformat

from pipelines_portal.external_api.models import Upload


def bytes_left(organization_id: int, but: Upload | None = None) -> int:
    """Return the bytes that the organization may still store, not counting the upload `but`. May be negative."""
    uploads = uploads_of(organization_id).filter(kept_bytes__gt=0)
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


def uploads_of(organization_id: int) -> QuerySet[Upload]:
    return Upload.objects.filter(workflow__organization_id=organization_id)
