"""Checks of rejected keys in the background, so that a key that the API rejected by mistake works again by itself."""

from django.db.models import F, Q
from django.utils import timezone

from pipelines_portal.api_client import NOT_AGAIN
from pipelines_portal.keys.checking import KeyVerdict
from pipelines_portal.keys.clients import KeyCannotBeOpened, check_client_for
from pipelines_portal.keys.models import SavedKey, next_recheck

# The API accepts 30 failures a minute from one address.
MOST_AT_ONCE = 10


def recheck_rejected_keys() -> None:
    """Ask the API again about the rejected keys that are due, with one request each."""
    is_due = Q(recheck_at=None) | Q(recheck_at__lte=timezone.now())
    due = SavedKey.objects.filter(is_due, rejected_at__isnull=False)
    for key in due.order_by(F("recheck_at").asc(nulls_first=True))[:MOST_AT_ONCE]:
        if _recheck(key) is KeyVerdict.UNKNOWN:  # Pipelines is away, and other jobs of the worker wait
            return


def _recheck(key: SavedKey) -> KeyVerdict | None:
    """Ask about the key, if no other process does. The process that moves `recheck_at` makes the call."""
    if key.rejected_at is None:
        return None
    same = {"fingerprint": key.fingerprint, "rejected_at": key.rejected_at, "recheck_at": key.recheck_at}
    at = next_recheck(key.rejected_at, timezone.now())
    if not SavedKey.objects.filter(pk=key.pk, **same).update(recheck_at=at):
        return None
    try:
        return key.check_with(check_client_for(key, NOT_AGAIN), by=None)[0]
    except KeyCannotBeOpened:
        return None
