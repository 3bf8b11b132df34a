"""The gate for reading that nobody waits for: it takes a small part of the key's budget, and none of what is left."""

from datetime import datetime

from django.utils import timezone

from pipelines_portal.api_client import Call, Held
from pipelines_portal.saved_keys.gate import budget
from pipelines_portal.saved_keys.gate.key_gate import KeyGate
from pipelines_portal.saved_keys.models import SavedKey

SHARE = 0.1
# From so much of a minute's calls on, what is left of them is for people.
FULL = 0.75
BUSY = "Other work needs the calls of this minute, so the API was not asked yet."


class BackgroundGate(KeyGate):
    def admit(self, call: Call, *, again: bool) -> None:
        now = timezone.now()
        if _is_busy(self._key, now):
            raise Held(BUSY, retry_after=budget.seconds_left(now))
        super().admit(call, again=again)

    def _works(self, call: Call) -> None:
        """No person used it."""


def seconds_between_calls(key: SavedKey, now: datetime) -> float:
    """So that all of a minute's are not more than its share of the budget."""
    return 60 / (budget.of(key, now) * SHARE)


def _is_busy(key: SavedKey, now: datetime) -> bool:
    return key.minute == budget.minute_of(now) and key.minute_calls >= budget.of(key, now) * FULL
