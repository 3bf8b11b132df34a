"""Events are kept for AUDIT_RETENTION_DAYS. Run by the worker, safe to run twice."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from .models import Event

BATCH = 1000


def forget_old_events() -> int:
    """In small transactions: whoever writes meanwhile waits for one batch at most. How many there were."""
    end = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    count = 0
    while oldest := list(Event.objects.filter(at__lt=end).order_by("at", "id").values_list("pk", flat=True)[:BATCH]):
        count += Event.objects.filter(pk__in=oldest).delete()[0]
    return count
