"""Removal of imports for good, after their retention. Until then, `delete_import` lets people restore them."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.core.housekeeping import delete_each
from pipelines_portal.entry.models import RESTORABLE_FOR, Sheet, Sheets
from pipelines_portal.entry.transitions import lock_removable

BATCH = 100


def remove_old_imports() -> int:
    """Remove imports that were deleted or last changed long ago. Return how many."""
    return delete_each(_old_imports().only("pk").order_by("changed_at", "pk"), _remove, BATCH)


def _old_imports() -> Sheets:
    now, status = timezone.now(), Sheet.Status
    is_deleted = Q(status=status.DELETED)
    untouched = Q(changed_at__lt=now - timedelta(days=settings.IMPORT_RETENTION_DAYS)) & ~is_deleted
    old = untouched | is_deleted & Q(deleted_at__lt=now - RESTORABLE_FOR)
    return Sheet.objects.filter(old).exclude(status__in=(status.SENDING, status.UNCONFIRMED))


def _remove(sheet: Sheet) -> bool:
    with transaction.atomic():
        locked = lock_removable(sheet)
        if locked is None or not _old_imports().filter(pk=sheet.pk).exists():
            transaction.set_rollback(True)
            return False
        locked.delete()
        return True
