"""What the API last said to a read, shared by all who ask the same with the same key, in whatever process.

One of them asks, and the others take the answer: the one who sets `claimed_until` does the asking. The caller checks
access to the key first. A change made from here outdates what was read before it, and what is being read just now.
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

from pipelines_portal.core.api_connection import transport
from pipelines_portal.keys.gate import read_state_again
from pipelines_portal.keys.models import PooledAnswer, SavedKey
from pipelines_portal.keys.reads import StoredAnswer, read_answer

# How long the loser of the race waits for the other's answer before asking too.
PATIENCE, PAUSE = 2.0, 0.1
# While somebody else asks, a page that refreshes itself may show an answer as old as this.
OLDEST_SHOWN = 30.0
STORED_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Answer:
    """`at`: when the API was asked for it."""

    text: str
    at: datetime


@dataclass(frozen=True)
class Question:
    """A read of `workflow_id` with `key`, told from others by `what`."""

    key: SavedKey
    workflow_id: int
    what: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.workflow_id}\0{self.what}".encode()).hexdigest()

    def rows(self) -> QuerySet[PooledAnswer]:
        return PooledAnswer.objects.filter(key=self.key, what=self.digest)


def pooled(question: Question, fetch: Callable[[], str], *, younger_than: float, is_refresh: bool) -> Answer:
    """Return an answer of the last `younger_than` seconds, or call `fetch` for one. Raises what `fetch` raises.

    `is_refresh`: the page comes again by itself, and may be shown something older while somebody else asks.
    """
    oldest = OLDEST_SHOWN if is_refresh else younger_than
    found = _answer_or_claim(question, younger_than, oldest) or _wait(question, younger_than, oldest)
    if isinstance(found, Answer):
        return found
    return _fetch(question, found, fetch) if found else Answer(fetch(), timezone.now())


def outdate(key: SavedKey, workflow_id: int) -> None:
    """Outdate the answers about the workflow, since something was created from here."""
    PooledAnswer.objects.filter(key=key, workflow_id=workflow_id).update(fetched_at=None, claimed_until=None)


def outdate_all(key: SavedKey) -> None:
    """Outdate every answer of the key, since another key was put in its place."""
    PooledAnswer.objects.filter(key=key).update(fetched_at=None, claimed_until=None)


def wipe_old_answers() -> int:
    """Delete what is no longer shown to anybody."""
    old = Q(fetched_at=None) | Q(fetched_at__lt=timezone.now() - STORED_FOR)
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=timezone.now())
    return PooledAnswer.objects.filter(old, unclaimed).delete()[0]


def _answer_or_claim(question: Question, younger_than: float, oldest: float) -> Answer | datetime | None:
    """Return an answer; or the end of our claim, if we are to ask; or None, while somebody else asks."""
    stored = read_answer(question.key.pk, question.digest)
    if stored is None:
        return _first_claim(question)
    if stored.is_younger_than(younger_than):
        return _answer(stored)
    return _claim(question, younger_than) or (_answer(stored) if stored.is_younger_than(oldest) else None)


def _answer(stored: StoredAnswer) -> Answer:
    return Answer(stored.text, stored.fetched_at or timezone.now())


def _wait(question: Question, younger_than: float, oldest: float) -> Answer | datetime | None:
    """Look again and again while somebody else asks. A caller who waits takes up one place of the transport.

    A caller who then asks after all goes by what was met meanwhile. Raises NotAsked, and KeyRejected for a removed key.
    """
    give_up = time.monotonic() + PATIENCE
    found = None
    with transport().place():
        while found is None and time.monotonic() < give_up:
            time.sleep(PAUSE)
            found = _answer_or_claim(question, younger_than, oldest)
    if not isinstance(found, Answer):
        read_state_again(question.key)
    return found


def _claim(question: Question, younger_than: float) -> datetime | None:
    """Return the end of our claim if the answer is too old and nobody else is asking."""
    now, until = timezone.now(), _end_of_claim()
    old = Q(fetched_at=None) | Q(fetched_at__lt=now - timedelta(seconds=younger_than))
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return until if question.rows().filter(old, free).update(claimed_until=until) else None


def _first_claim(question: Question) -> datetime | None:
    """Return the end of our claim if we are the first who ever ask this; of several at once, one is."""
    until = _end_of_claim()
    place = {"key": question.key, "workflow_id": question.workflow_id, "what": question.digest}
    try:
        with transaction.atomic():
            PooledAnswer.objects.create(**place, claimed_until=until)
    except IntegrityError:
        return None
    return until


def _end_of_claim() -> datetime:
    """A little longer than one read can take: a process that is killed while it asks keeps nobody waiting longer."""
    return timezone.now() + timedelta(seconds=settings.API_TIMEOUT_SECONDS + 5)


def _fetch(question: Question, claim: datetime, fetch: Callable[[], str]) -> Answer:
    """Ask, and store the answer unless our claim was taken away by a change or by its end."""
    at, mine = timezone.now(), question.rows().filter(claimed_until=claim)
    try:
        text = fetch()
    except BaseException:
        mine.update(claimed_until=None)
        raise
    mine.update(text=text, fetched_at=at, claimed_until=None)
    return Answer(text, at)
