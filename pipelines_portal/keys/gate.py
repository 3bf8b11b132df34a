"""Whether the API is asked with a key: what one process is answered, all processes keep to.

The key's row holds it: a pause that a 429 asked for, and the rejection by a 401. Every page reads that row anyway. It
is read again before a call is repeated and by a client older than FRESH, and written only when something happens.
"""

import math
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines_portal.api_client import Call, CreatorGone, Held, KeyRejected, PipelinesError, RateLimited, Unauthorized
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.state.advice import advice_when_rejected, advice_without_creator, is_own

# Of the 600 calls a minute that the API allows a key by default, reading in the background makes a tenth: the rest, and
# whatever it leaves, is for people.
SECONDS_BETWEEN_BACKGROUND_CALLS = 1.0
WAIT_WITHOUT_RETRY_AFTER = 1
FRESH = 5.0
USED_STEP = timedelta(minutes=1)
STATE = ("owner", "name", "fingerprint", "checked_at", "rejected_at", "creator_gone_at", "paused_until")
PAUSED = "The API asked for a pause with this key, so it was not asked again yet."
REMOVED = "The key was removed from this portal."


class KeyGate:
    """The gate of one client.

    With `is_check` it asks with a rejected key too, and during a pause. With `is_background` nobody counts as its user.
    """

    def __init__(self, key: SavedKey, *, is_check: bool = False, is_background: bool = False) -> None:
        self._key, self._is_check, self._is_background = key, is_check, is_background
        self._fingerprint = key.fingerprint
        self._read_at = time.monotonic()
        self._asked_at = timezone.now()

    def admit(self, call: Call, *, again: bool) -> None:
        if again or time.monotonic() - self._read_at > FRESH:
            read_state_again(self._key)
            self._read_at = time.monotonic()
        self._asked_at = timezone.now()
        if self._is_check:
            return
        if self._key.rejected_at is not None:
            raise self._with_advice(KeyRejected(f"The API rejects the key “{self._key.name}”."))
        if seconds := pause_left(self._key, self._asked_at):
            raise Held(PAUSED, retry_after=seconds)

    def note(self, call: Call, error: PipelinesError | None) -> None:
        if error is None:
            self._note_use(call)
        elif isinstance(error, RateLimited):
            self._pause(error.retry_after or WAIT_WITHOUT_RETRY_AFTER)
        elif isinstance(error, Unauthorized):
            self._reject()
            self._with_advice(error)
        elif isinstance(error, CreatorGone):
            self._set(creator_gone_at=timezone.now())
            error.advice, error.key_id = advice_without_creator(self._key, is_own(self._key)), self._key.pk

    def _pause(self, seconds: int) -> None:
        """Never shorten a pause: another process may have been asked for a longer one."""
        until = timezone.now() + timedelta(seconds=seconds)
        if self._row().filter(Q(paused_until=None) | Q(paused_until__lt=until)).update(paused_until=until):
            self._key.paused_until = until

    def _reject(self) -> None:
        """Mark the key once, unless a check has found it alive since this call began."""
        now = timezone.now()
        not_alive_since = Q(checked_at=None) | Q(checked_at__lte=self._asked_at)
        with transaction.atomic():
            if self._row().filter(not_alive_since, rejected_at=None).update(rejected_at=now):
                record(Verb.KEY_REJECTED, by=self._key.used_by, target=self._key)
                self._key.rejected_at = now

    def _note_use(self, call: Call) -> None:
        key, now = self._key, timezone.now()
        if call.is_upload and key.creator_gone_at is not None:
            self._set(creator_gone_at=None)
        if not self._is_background and (key.last_used_at is None or now - key.last_used_at > USED_STEP):
            self._set(last_used_at=now, last_used_by_id=key.used_by.pk if key.used_by else None)

    def _with_advice(self, error: Unauthorized) -> Unauthorized:
        error.advice, error.key_id = advice_when_rejected(self._key, is_own(self._key)), self._key.pk
        return error

    def _row(self) -> QuerySet[SavedKey]:
        """The row, as long as it holds the key that was asked with: an answer says nothing of one in its place."""
        return SavedKey.objects.filter(pk=self._key.pk, fingerprint=self._fingerprint)

    def _set(self, **values: object) -> None:
        if self._row().update(**values):
            for name, value in values.items():
                setattr(self._key, name, value)


def pause_left(key: SavedKey, now: datetime) -> int:
    """Return for how many seconds the API is not to be asked with the key; 0 if it may be."""
    if key.paused_until is None or key.paused_until <= now:
        return 0
    return math.ceil((key.paused_until - now).total_seconds())


def read_state_again(key: SavedKey) -> None:
    """Read what other processes have met with the key. Raises KeyRejected if it was removed."""
    try:
        key.refresh_from_db(fields=STATE)
    except SavedKey.DoesNotExist:
        raise KeyRejected(REMOVED) from None
