"""How a key stands, in a word and a colour; and in sentences, where something is to be done."""

import math
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.state.expiry import STEPS, days_left


@dataclass(frozen=True)
class State:
    """`name` tells them apart, `tone` is a data-status, `shape` a symbol; `seconds`: the pause that is left."""

    name: str
    word: str
    tone: str
    shape: str
    seconds: int = 0


def state_of(key: SavedKey, now: datetime | None = None) -> State:
    """The worst that is known of it."""
    now = now or timezone.now()
    if not key.can_be_opened:
        return State("sealed", "Cannot be opened", "failed", "failed")
    if key.rejected_at is not None:
        return State("rejected", "Rejected", "failed", "failed")
    if key.paused_until is not None and key.paused_until > now:
        seconds = math.ceil((key.paused_until - now).total_seconds())
        return State("waits", "Waits", "warning", "escalated", seconds)
    days = days_left(key, now)
    if days is not None and days <= max(STEPS):
        return _ending(days)
    if key.checked_at or key.last_used_at:
        return State("works", "Works", "finished", "finished")
    return State("unchecked", "Not checked yet", "pending", "pending")


def _ending(days: int) -> State:
    if days < 0:
        return State("over", "Should be expired", "failed", "failed")
    return State("ends", f"Expires {in_days(days)}", "warning", "escalated")


def in_days(days: int) -> str:
    if days == 0:
        return "today"
    return "tomorrow" if days == 1 else f"in {days} days"
