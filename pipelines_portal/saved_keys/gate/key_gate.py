"""The gate of one key, for all processes: what one of them is told by the API, all of them keep to.

All of it stands in the key's row, which every page loads anyway. It is read again before a try is repeated, and by a
client that lives on; it is written only when something happens, and so that late news never undoes newer.
"""

import math
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines_portal.api_client import (
    Call,
    CreatorGone,
    Held,
    KeyRejected,
    PipelinesError,
    RateLimited,
    Unauthorized,
)
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.saved_keys.gate import budget
from pipelines_portal.saved_keys.gate.pauses import COMES_BACK, LONGEST, SENDING_FIRST, time_left
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.saved_keys.state.advice import advice_when_rejected, advice_without_creator, is_own

WAIT_UNLESS_TOLD = timedelta(seconds=1)
FRESH = 5.0
# Longer than any call takes.
LONGEST_CALL = timedelta(minutes=5)
USED_STEP = timedelta(minutes=1)
STATE = (
    "owner", "name", "fingerprint", "checked_at", "rejected_at", "creator_gone_at", "held_until", "reads_held_until",
    "sends_waiting_until", "minute", "minute_calls", "minute_reads", "calls_before", "budget_seen", "budget_seen_at",
)  # fmt: skip
WAITS = "The API asked for a pause with this key, so it was not asked again yet."
SENDING_GOES_FIRST = "Something is being sent with this key, which goes before reading. The API was not asked yet."
REMOVED = "The key was removed from this portal."


class KeyGate:
    """For one client. With `is_check` it asks always: with a rejected key, and during a pause."""

    def __init__(self, key: SavedKey, *, is_check: bool = False) -> None:
        self._key, self._is_check = key, is_check
        self._fingerprint = key.fingerprint
        self._read_at = time.monotonic()
        self._asked_at = timezone.now()

    def admit(self, call: Call, *, again: bool) -> None:
        if again or time.monotonic() - self._read_at > FRESH:
            self._read()
        if self._key.rejected_at is not None and not self._is_check:
            raise self._with_advice(KeyRejected(f"The API rejects the key “{self._key.name}”."))
        self._asked_at = now = timezone.now()
        if not self._is_check:
            self._wait_for_the_pause(call, now)
        if not (self._is_check or call.is_send) and budget.is_sending_first(self._key, now):
            raise Held(SENDING_GOES_FIRST, retry_after=budget.seconds_left(now))
        budget.count(self._key, call, now)

    def note(self, call: Call, error: PipelinesError | None) -> None:
        if error is None:
            self._works(call)
        elif isinstance(error, RateLimited):
            self._hold(call, error)
        elif isinstance(error, Unauthorized):
            self._reject()
            self._with_advice(error)
        elif isinstance(error, CreatorGone):
            self._set(creator_gone_at=timezone.now())
            error.advice, error.key_id = advice_without_creator(self._key, is_own(self._key)), self._key.pk

    def _read(self) -> None:
        read_state_again(self._key)
        self._read_at = time.monotonic()

    def _wait_for_the_pause(self, call: Call, now: datetime) -> None:
        """Raises Held. Who wanted to send is remembered, so that they come first when it is over."""
        pause = time_left(self._key.held_until, now)
        left = pause if call.is_send else max(pause, time_left(self._key.reads_held_until, now))
        if not left:
            return
        if call.is_send:
            self._let_send_first(now + left)
        raise Held(WAITS if pause else SENDING_GOES_FIRST, retry_after=math.ceil(left.total_seconds()))

    def _hold(self, call: Call, error: RateLimited) -> None:
        wait = WAIT_UNLESS_TOLD if error.retry_after is None else timedelta(seconds=error.retry_after)
        until = timezone.now() + wait
        self._extend("held_until", until)
        budget.learn(self._key, self._row())
        if call.is_send:
            self._let_send_first(until)

    def _reject(self) -> None:
        """Once, and not for a key that was replaced, or found alive, since this call began."""
        now = timezone.now()
        was_set_back = Q(checked_at__gt=now + LONGEST_CALL)  # the clock, since the check
        alive = Q(checked_at=None) | Q(checked_at__lte=self._asked_at) | was_set_back
        seen = self._row().filter(alive, rejected_at=None)
        with transaction.atomic():
            if seen.update(rejected_at=now):
                record(Verb.KEY_REJECTED, by=self._key.used_by, target=self._key)
                self._key.rejected_at = now

    def _works(self, call: Call) -> None:
        key, now = self._key, timezone.now()
        if call.is_upload and key.creator_gone_at is not None:
            self._set(creator_gone_at=None)
        if key.last_used_at is None or now - key.last_used_at > USED_STEP:
            self._set(last_used_at=now, last_used_by_id=key.used_by.pk if key.used_by else None)

    def _with_advice(self, error: Unauthorized) -> Unauthorized:
        error.advice, error.key_id = advice_when_rejected(self._key, is_own(self._key)), self._key.pk
        return error

    def _let_send_first(self, held_until: datetime) -> None:
        """One write for all who wait, however often they come."""
        until = held_until + SENDING_FIRST
        if time_left(self._key.reads_held_until, timezone.now()) < until - timezone.now():
            self._extend("reads_held_until", until)
            self._extend("sends_waiting_until", held_until + COMES_BACK)

    def _row(self) -> QuerySet[SavedKey]:
        """As long as it holds the key that was asked with: what was met with one that was replaced is no news of it."""
        return SavedKey.objects.filter(pk=self._key.pk, fingerprint=self._fingerprint)

    def _extend(self, name: str, until: datetime) -> None:
        """Never shortened by whoever was told less; but what no pause lasts is none."""
        over = Q(**{name: None}) | Q(**{f"{name}__lt": until}) | Q(**{f"{name}__gt": timezone.now() + LONGEST})
        if self._row().filter(over).update(**{name: until}):
            setattr(self._key, name, until)

    def _set(self, **values: object) -> None:
        if self._row().update(**values):
            for name, value in values.items():
                setattr(self._key, name, value)


def read_state_again(key: SavedKey) -> None:
    """What was met with it meanwhile, by whomever. Raises KeyRejected when it was removed."""
    try:
        key.refresh_from_db(fields=STATE)
    except SavedKey.DoesNotExist:
        raise KeyRejected(REMOVED) from None
