"""How fast tasks are read with a key by jobs: all of them, over all workflows and workers, at one pace."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.rate_limiter import SECONDS_BETWEEN_BACKGROUND_CALLS
from pipelines_portal.task_index.models import KeyPace


def claim_pace(key: SavedKey) -> bool:
    """Whether the next call with the key is the caller's, and may be made now."""
    now = timezone.now()
    KeyPace.objects.get_or_create(key=key, defaults={"next_call_at": now})
    due = KeyPace.objects.filter(key=key, next_call_at__lte=now)
    return bool(due.update(next_call_at=now + timedelta(seconds=SECONDS_BETWEEN_BACKGROUND_CALLS)))
