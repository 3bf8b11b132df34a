"""The state of a key as pages show it: a word, a color and a symbol."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pipelines_portal.core.times import short
from pipelines_portal.keys import texts
from pipelines_portal.keys.expiry import REMINDER_DAYS
from pipelines_portal.keys.models import SavedKey


@dataclass(frozen=True)
class KeyState:
    """A state by its `name`. `tone` is a data-status, `shape` a symbol, and `seconds` the rest of a pause."""

    name: str
    word: str
    tone: str
    shape: str
    seconds: int = 0


def state_of(key: SavedKey, now: datetime | None = None) -> KeyState:
    """Return the worst state that is known of the key."""
    now = now or timezone.now()
    if not key.can_be_decrypted:
        return KeyState("unreadable", "Can’t be opened", "failed", "failed")
    if key.rejected_at is not None:
        return KeyState("rejected", f"Rejected {short(key.rejected_at, now)}", "failed", "failed")
    if seconds := key.pause_seconds(now):
        return KeyState("waits", "Pipelines asks us to wait", "warning", "escalated", seconds)
    days = key.days_left(now)
    if days is not None and days <= max(REMINDER_DAYS) and not key.is_accepted_after_expiry:
        return _expiry_state(days)
    if key.checked_at or key.last_used_at:
        return KeyState("works", "Active", "finished", "finished")
    return KeyState("unchecked", "Not checked", "pending", "pending")


def _expiry_state(days: int) -> KeyState:
    if days < 0:
        return KeyState("over", texts.expires_in(days), "failed", "failed")
    return KeyState("ends", texts.expires_in(days), "warning", "escalated")
