"""How many calls a minute a key has, and how many of them went to reading, over all processes.

Each process counts for itself and adds its count to the key's row by the batch, so that counting costs no query a call.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, F, QuerySet, When
from django.utils import timezone

from pipelines_portal.api_client import Call
from pipelines_portal.saved_keys.gate.pauses import time_left
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import Given, prepared_write

CALLS_A_MINUTE = 600
SEEN_IS_GOOD_FOR = timedelta(hours=1)
LARGEST_BATCH = 10


@dataclass
class Count:
    """Calls of this process that the row does not know of yet."""

    minute: int
    calls: int = 0
    reads: int = 0


_counts: dict[int, Count] = {}
_lock = threading.Lock()


def of(key: SavedKey, now: datetime) -> int:
    """What a 429 showed lately to be too many, else what the API allows by default."""
    if key.budget_seen is None or key.budget_seen_at is None or now - key.budget_seen_at > SEEN_IS_GOOD_FOR:
        return CALLS_A_MINUTE
    return key.budget_seen


def is_sending_first(key: SavedKey, now: datetime) -> bool:
    """Whether something waits to be sent, and reading has had its half of this minute."""
    if not time_left(key.sends_waiting_until, now):
        return False
    minute = minute_of(now)
    with _lock:
        mine = _counts.get(key.pk)
        unknown = mine.reads if mine and mine.minute == minute else 0
    known = key.minute_reads if key.minute == minute else 0
    return known + unknown >= max(of(key, now) // 2, 1)


def seconds_left(now: datetime) -> int:
    """Until the minute is over."""
    return 60 - now.second


def count(key: SavedKey, call: Call, now: datetime) -> None:
    minute = minute_of(now)
    with _lock:
        mine = _counts.get(key.pk)
        if mine is None or mine.minute != minute:
            mine = _counts[key.pk] = Count(minute)
        mine.calls += 1
        mine.reads += not call.is_send
        is_full = mine.calls >= min(max(of(key, now) // 20, 1), LARGEST_BATCH)
    if is_full:
        _add_to_row(key)


def learn(key: SavedKey, row: QuerySet[SavedKey]) -> None:
    """A 429: as many calls as there were within the last minute or so are more than the key has.

    `row` is the key's, as long as it holds the key that was asked with.
    """
    _add_to_row(key)
    counted = row.values_list("minute_calls", "calls_before").first()
    if counted is None:
        return
    seen = min(max(sum(counted) - 1, 2), CALLS_A_MINUTE)
    key.budget_seen, key.budget_seen_at = seen, timezone.now()
    row.update(budget_seen=seen, budget_seen_at=key.budget_seen_at)


def _add_to_row(key: SavedKey) -> None:
    with _lock:
        mine = _counts.pop(key.pk, None)
    if mine is None:
        return
    _added.run(key=key.pk, minute=mine.minute, before=mine.minute - 1, calls=mine.calls, reads=mine.reads)


@prepared_write(**{name: BigIntegerField() for name in ("key", "minute", "before", "calls", "reads")})
def _added(
    key: Given, minute: Given, before: Given, calls: Given, reads: Given
) -> tuple[QuerySet[SavedKey], dict[str, Any]]:
    follows = When(minute=before, then="minute_calls")
    return SavedKey.objects.filter(pk=key, minute__lte=minute), {
        "calls_before": Case(When(minute=minute, then="calls_before"), follows, default=0),
        "minute_calls": Case(When(minute=minute, then=F("minute_calls")), default=0) + calls,
        "minute_reads": Case(When(minute=minute, then=F("minute_reads")), default=0) + reads,
        "minute": minute,
    }


def forget_counts() -> None:
    """For tests, whose keys take each other's numbers."""
    with _lock:
        _counts.clear()


def minute_of(now: datetime) -> int:
    return int(now.timestamp()) // 60
