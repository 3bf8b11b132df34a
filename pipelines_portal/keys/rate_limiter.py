"""The rate limiter of a key: a pause or a rejection that one process met holds for all processes.

The key's row stores a pause that a 429 asked for, and the rejection by a 401. Every page reads that row anyway. The
limiter reads it again before a call is repeated and if it is older than FRESH_SECONDS. It writes only changes.
"""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines_portal.api_client import Call, CreatorGone, Held, KeyRejected, PipelinesError, RateLimited, Unauthorized
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import LONGEST_PAUSE, SavedKey, next_recheck
from pipelines_portal.keys.texts import advice_if_rejected, advice_without_creator, rejected_since

# By default the API allows 600 calls a minute with a key. Reading in the background uses a tenth of them.
SECONDS_BETWEEN_BACKGROUND_CALLS = 1.0
PAUSE_WITHOUT_RETRY_AFTER = 1
FRESH_SECONDS = 5.0
# `last_used_at` is written at most this often.
USE_INTERVAL = timedelta(minutes=1)
STATE_FIELDS = (
    "owner", "name", "fingerprint", "checked_at", "rejected_at", "recheck_at", "creator_gone_at", "paused_until",
)  # fmt: skip
PAUSED = "Pipelines asks us to wait."
REMOVED = "This key was removed from the portal."


class KeyRateLimiter:
    """The limiter of one client.

    With `is_check`, calls are made with a rejected key too, and during a pause. With `is_background`, they do not count
    as a use of the key.
    """

    def __init__(self, key: SavedKey, *, is_check: bool = False, is_background: bool = False) -> None:
        self._key, self._is_check, self._is_background = key, is_check, is_background
        self._fingerprint = key.fingerprint
        self._read_at = time.monotonic()
        self._called_at = timezone.now()

    def admit(self, call: Call, *, again: bool) -> None:
        if again or time.monotonic() - self._read_at > FRESH_SECONDS:
            refresh_state(self._key)
            self._read_at = time.monotonic()
        self._called_at = timezone.now()
        if self._is_check:
            return
        if self._key.rejected_at is not None:
            raise self._with_advice(KeyRejected(f"Pipelines rejected the key “{self._key.name}”."))
        if seconds := self._key.pause_seconds(self._called_at):
            raise Held(PAUSED, retry_after=seconds)

    def note(self, call: Call, error: PipelinesError | None) -> None:
        if error is None:
            self._store_use(call)
        elif isinstance(error, RateLimited):
            self._pause(error.retry_after or PAUSE_WITHOUT_RETRY_AFTER)
        elif isinstance(error, Unauthorized):
            self._reject()
            self._with_advice(error)
        elif isinstance(error, CreatorGone):
            self._update(creator_gone_at=timezone.now())
            error.advice, error.key_id = advice_without_creator(self._key, self._key.used_by), self._key.pk

    def _pause(self, seconds: int) -> None:
        """Never shorten a pause: another process may have been asked for a longer one."""
        now = timezone.now()
        until = now + timedelta(seconds=seconds)
        is_shorter = Q(paused_until=None) | Q(paused_until__lt=until) | Q(paused_until__gt=now + LONGEST_PAUSE)
        if self._row().filter(is_shorter).update(paused_until=until):
            self._key.paused_until = until

    def _reject(self) -> None:
        """Mark the key as rejected once, unless a check has found that it works since this call began."""
        now = timezone.now()
        not_checked_since = Q(checked_at=None) | Q(checked_at__lte=self._called_at)
        with transaction.atomic():
            values = {"rejected_at": now, "recheck_at": next_recheck(now, now)}
            if self._row().filter(not_checked_since, rejected_at=None).update(**values):
                record(Verb.KEY_REJECTED, by=self._key.used_by, target=self._key)
                self._key.rejected_at, self._key.recheck_at = now, values["recheck_at"]

    def _store_use(self, call: Call) -> None:
        key, now = self._key, timezone.now()
        if call.is_upload and key.creator_gone_at is not None:
            self._update(creator_gone_at=None)
        if not self._is_background and (key.last_used_at is None or now - key.last_used_at > USE_INTERVAL):
            self._update(last_used_at=now, last_used_by_id=key.used_by.pk if key.used_by else None)

    def _with_advice(self, error: Unauthorized) -> Unauthorized:
        advice = advice_if_rejected(self._key, self._key.used_by), rejected_since(self._key, timezone.now())
        error.advice, error.key_id = " ".join(filter(None, advice)), self._key.pk
        return error

    def _row(self) -> QuerySet[SavedKey]:
        """Return the key's row, unless the key was replaced since: the response says nothing about the new key."""
        return SavedKey.objects.filter(pk=self._key.pk, fingerprint=self._fingerprint)

    def _update(self, **values: object) -> None:
        if self._row().update(**values):
            for name, value in values.items():
                setattr(self._key, name, value)


def refresh_state(key: SavedKey) -> None:
    """Read the state that other processes stored. Raises KeyRejected if the key was removed."""
    try:
        key.refresh_from_db(fields=STATE_FIELDS)
    except SavedKey.DoesNotExist:
        raise KeyRejected(REMOVED) from None
