"""What the API last said to a read, shared by all who ask the same with the same key, in whatever process.

One of them asks, and the others take the answer: whoever moves `claimed_until` does the asking. Access to the key is
the caller's to check first. A change made from here outdates what was read before it, also what is being read just now.
"""

import hashlib
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, BinaryField, CharField, DateTimeField, Q, QuerySet
from django.db.models.constants import OnConflict
from django.utils import timezone

from pipelines_portal.saved_keys.gate.key_gate import read_state_again
from pipelines_portal.saved_keys.models import PooledAnswer, SavedKey
from pipelines_portal.shared.prepared import Given, prepared, prepared_write
from pipelines_portal.web.api_connection import transport
from pipelines_portal.web.encryption import Undecryptable, decrypt, encrypt

# How long whoever loses the race waits for the answer of the other before they ask themselves.
PATIENCE, PAUSE = 2.0, 0.1
# Meanwhile an answer may be shown that is somewhat older, when the page refreshes itself anyway.
OLDEST_SHOWN = timedelta(seconds=30)
KEPT_FOR = timedelta(minutes=10)
# How far the clocks of two machines may be apart.
SKEW = timedelta(seconds=5)


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


def pooled(question: Question, fetch: Callable[[], str], *, younger_than: float, is_refresh: bool) -> Answer:
    """An answer of the last `younger_than` seconds, by whomever; else what `fetch` brings. Raises what it raises.

    `is_refresh`: the page comes again by itself, and may be shown something older while someone else asks.
    """
    oldest = OLDEST_SHOWN.total_seconds() if is_refresh else younger_than
    found = _look(question, younger_than, oldest) or _wait(question, younger_than, oldest)
    if isinstance(found, Answer):
        return found
    return _fetch(question, found, fetch) if found else Answer(fetch(), timezone.now())


def _look(question: Question, younger_than: float, oldest: float) -> Answer | datetime | None:
    """An answer; or the end of our turn to ask; or None, while somebody else does."""
    row = _row(question)
    if row is None:
        return _first_claim(question)
    if _is_good(row, younger_than) and (answer := _opened(row)):
        return answer
    claim = _claim(question, younger_than)
    if claim is not None:
        return claim
    return _opened(row) if _is_good(row, oldest) else None


def _wait(question: Question, younger_than: float, oldest: float) -> Answer | datetime | None:
    """As `_look`, again and again. Whoever waits for another's call takes as much room here as one who calls.

    Who then asks all the same goes by what was met meanwhile. Raises NotAsked, and KeyRejected for a removed key.
    """
    give_up = time.monotonic() + PATIENCE
    found = None
    with transport().place():
        while found is None and time.monotonic() < give_up:
            time.sleep(PAUSE)
            found = _look(question, younger_than, oldest)
    if not isinstance(found, Answer):
        read_state_again(question.key)
    return found


def outdate(key: SavedKey, workflow_id: int) -> None:
    """Something was created from here: what was read before is not to be shown any more."""
    _outdated.run(key=key.pk, workflow=workflow_id)


def wipe_old_answers() -> int:
    """For the worker."""
    old = Q(fetched_at=None) | Q(fetched_at__lt=timezone.now() - KEPT_FOR)
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=timezone.now())
    return PooledAnswer.objects.filter(old, unclaimed).delete()[0]


def _rows(question: Question) -> QuerySet[PooledAnswer]:
    return PooledAnswer.objects.filter(key=question.key, what=question.digest)


@prepared(key=BigIntegerField(), what=CharField())
def _answers(key: Given, what: Given) -> QuerySet[PooledAnswer]:
    return PooledAnswer.objects.filter(key=key, what=what)


def _row(question: Question) -> PooledAnswer | None:
    return _answers.first(key=question.key.pk, what=question.digest)


def _claim(question: Question, younger_than: float) -> datetime | None:
    """The end of our turn, when the answer is too old and nobody else is asking. One UPDATE, as is taking an answer."""
    now, until = timezone.now(), _end_of_claim()
    moments = {"now": now, "oldest": now - timedelta(seconds=younger_than), "ahead": now + SKEW, "late": until + SKEW}
    return until if _claimed.run(key=question.key.pk, what=question.digest, until=until, **moments) else None


MOMENTS = {name: DateTimeField() for name in ("now", "until", "oldest", "ahead", "late")}


@prepared_write(key=BigIntegerField(), what=CharField(), **MOMENTS)
def _claimed(
    key: Given, what: Given, now: Given, until: Given, oldest: Given, ahead: Given, late: Given
) -> tuple[QuerySet[PooledAnswer], dict[str, Given]]:
    """Times to come, `ahead` and `late`, are from before the clock was set back."""
    old = Q(fetched_at=None) | Q(fetched_at__lt=oldest) | Q(fetched_at__gt=ahead)
    free = Q(claimed_until=None) | Q(claimed_until__lt=now) | Q(claimed_until__gt=late)
    return PooledAnswer.objects.filter(old, free, key=key, what=what), {"claimed_until": until}


@prepared_write(key=BigIntegerField(), what=CharField(), claim=DateTimeField(), body=BinaryField(), at=DateTimeField())
def _taken(
    key: Given, what: Given, claim: Given, body: Given, at: Given
) -> tuple[QuerySet[PooledAnswer], dict[str, Any]]:
    mine = PooledAnswer.objects.filter(key=key, what=what, claimed_until=claim)
    return mine, {"body": body, "fetched_at": at, "claimed_until": None}


@prepared_write(key=BigIntegerField(), workflow=BigIntegerField())
def _outdated(key: Given, workflow: Given) -> tuple[QuerySet[PooledAnswer], dict[str, Any]]:
    return PooledAnswer.objects.filter(key=key, workflow_id=workflow), {"fetched_at": None, "claimed_until": None}


def _first_claim(question: Question) -> datetime | None:
    """As `_claim`, by the first who ever asks; of several, one."""
    until = _end_of_claim()
    place = {"key": question.key.pk, "workflow": question.workflow_id, "what": question.digest}
    return until if _begun.run(**place, until=until) else None


@prepared_write(key=BigIntegerField(), workflow=BigIntegerField(), what=CharField(), until=DateTimeField())
def _begun(key: Any, workflow: Any, what: Any, until: Any) -> tuple[PooledAnswer, OnConflict]:
    return PooledAnswer(key_id=key, workflow_id=workflow, what=what, claimed_until=until), OnConflict.IGNORE


def _end_of_claim() -> datetime:
    """A little longer than one read can take; who was killed meanwhile keeps nobody waiting for longer."""
    return timezone.now() + timedelta(seconds=settings.API_TIMEOUT_SECONDS + 5)


def _fetch(question: Question, claim: datetime, fetch: Callable[[], str]) -> Answer:
    """Whose claim was taken away meanwhile, by a change or by its end, keeps the answer to themselves."""
    at = timezone.now()
    try:
        text = fetch()
    except BaseException:
        _rows(question).filter(claimed_until=claim).update(claimed_until=None)
        raise
    body = encrypt(zlib.compress(text.encode(), 1))
    _taken.run(key=question.key.pk, what=question.digest, claim=claim, body=body, at=at)
    return Answer(text, at)


def _is_good(row: PooledAnswer, seconds: float) -> bool:
    now = timezone.now()
    return row.fetched_at is not None and now - timedelta(seconds=seconds) < row.fetched_at <= now + SKEW


def _opened(row: PooledAnswer) -> Answer | None:
    """None, and nothing that is kept, when it was encrypted with a value that is gone from ENCRYPTION_KEYS."""
    try:
        text = zlib.decompress(decrypt(row.body)).decode()
    except Undecryptable:
        PooledAnswer.objects.filter(pk=row.pk, fetched_at=row.fetched_at).update(fetched_at=None)
        return None
    return Answer(text, row.fetched_at or timezone.now())
