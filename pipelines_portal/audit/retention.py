"""Events are kept for AUDIT_RETENTION_DAYS. Run by the worker, safe to run twice."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.core.tidying import remove_in_batches

BATCH = 1000


def forget_old_events() -> int:
    """In small transactions: whoever writes meanwhile waits for one batch at most. How many there were."""
    end = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    return remove_in_batches(Event.objects.filter(at__lt=end), BATCH)
