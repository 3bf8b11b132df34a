"""The API's answers to reads, pooled for all who ask the same with the same key, in any process.

One process asks the API, and the others take its answer. The process that sets `claimed_until` has the lease to ask.
The caller checks access to the key first. A change made through the portal outdates the answers about its workflow, and
also an answer that is being fetched at that moment.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines_portal.keys.models import PooledAnswer, SavedKey
from pipelines_portal.keys.rate_limiter import refresh_state
from pipelines_portal.keys.reads import StoredAnswer, read_answer
from pipelines_portal.web.api_connection import transport

# How long a process waits for the answer of another one before it asks too, and how often it looks.
WAIT_SECONDS, POLL_SECONDS = 2.0, 0.1
# While another process asks, a page that refreshes itself may show an answer as old as this, in seconds.
OLDEST_SHOWN = 30.0
STORED_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class FetchedAnswer:
    """An answer of the API, which was asked at `at`."""

    text: str
    at: datetime


@dataclass(frozen=True)
class PooledRead:
    """A read of `workflow_id` with `key`. `what` distinguishes it from other reads."""

    key: SavedKey
    workflow_id: int
    what: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.workflow_id}\0{self.what}".encode()).hexdigest()

    def rows(self) -> QuerySet[PooledAnswer]:
        return PooledAnswer.objects.filter(key=self.key, digest=self.digest)


def pooled(read: PooledRead, fetch: Callable[[], str], *, younger_than: float, is_refresh: bool) -> FetchedAnswer:
    """Return an answer of the last `younger_than` seconds, or call `fetch` for one. Raises what `fetch` raises.

    With `is_refresh`, the page refreshes itself and may show an older answer while another process asks.
    """
    oldest = OLDEST_SHOWN if is_refresh else younger_than
    result = _answer_or_lease(read, younger_than, oldest) or _wait(read, younger_than, oldest)
    if isinstance(result, FetchedAnswer):
        return result
    return _fetch(read, result, fetch) if result else FetchedAnswer(fetch(), timezone.now())


def outdate(key: SavedKey, workflow_id: int) -> None:
    """Outdate the answers about the workflow after something was created through the portal."""
    PooledAnswer.objects.filter(key=key, workflow_id=workflow_id).outdate()


def delete_old_answers() -> int:
    """Delete the answers that no page shows any more."""
    old = Q(fetched_at=None) | Q(fetched_at__lt=timezone.now() - STORED_FOR)
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=timezone.now())
    return PooledAnswer.objects.filter(old, unclaimed).delete()[0]


def _answer_or_lease(read: PooledRead, younger_than: float, oldest: float) -> FetchedAnswer | datetime | None:
    """Return an answer, or the end of our lease to ask, or None while another process asks."""
    stored = read_answer(read.key.pk, read.digest)
    if stored is None:
        return _first_lease(read)
    if stored.is_younger_than(younger_than):
        return _answer(stored)
    return _lease(read, younger_than) or (_answer(stored) if stored.is_younger_than(oldest) else None)


def _answer(stored: StoredAnswer) -> FetchedAnswer:
    return FetchedAnswer(stored.text, stored.fetched_at or timezone.now())


def _wait(read: PooledRead, younger_than: float, oldest: float) -> FetchedAnswer | datetime | None:
    """Poll while another process asks. The caller takes up one place of the transport while it waits.

    A caller that asks after all first reads the state of the key again, which may be paused or rejected by now. Raises
    NotSent, and KeyRejected for a removed key.
    """
    give_up = time.monotonic() + WAIT_SECONDS
    result = None
    with transport().place():
        while result is None and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS)
            result = _answer_or_lease(read, younger_than, oldest)
    if not isinstance(result, FetchedAnswer):
        refresh_state(read.key)
    return result


def _lease(read: PooledRead, younger_than: float) -> datetime | None:
    """Return the end of our lease if the answer is too old and no other process is asking."""
    now, until = timezone.now(), _lease_end()
    old = Q(fetched_at=None) | Q(fetched_at__lt=now - timedelta(seconds=younger_than))
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return until if read.rows().filter(old, free).update(claimed_until=until) else None


def _first_lease(read: PooledRead) -> datetime | None:
    """Return the end of our lease if this was never asked. One of several processes gets it."""
    until = _lease_end()
    values = {"key": read.key, "workflow_id": read.workflow_id, "digest": read.digest}
    try:
        with transaction.atomic():
            PooledAnswer.objects.create(**values, claimed_until=until)
    except IntegrityError:
        return None
    return until


def _lease_end() -> datetime:
    """Return a time a little later than one read can take. After that, others stop waiting for a killed process."""
    return timezone.now() + timedelta(seconds=settings.API_TIMEOUT_SECONDS + 5)


def _fetch(read: PooledRead, lease_end: datetime, fetch: Callable[[], str]) -> FetchedAnswer:
    """Ask, and store the answer unless a change, or the end of our lease, has taken the lease away."""
    fetched_at, claimed = timezone.now(), read.rows().filter(claimed_until=lease_end)
    try:
        text = fetch()
    except BaseException:
        claimed.update(claimed_until=None)
        raise
    claimed.update(text=text, fetched_at=fetched_at, claimed_until=None)
    return FetchedAnswer(text, fetched_at)
