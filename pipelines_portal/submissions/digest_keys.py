"""Under which of ENCRYPTION_KEYS rows have their digests: who lacks one of those keys cannot tell what was sent before.

A key is on the list before the first row is kept under it, and leaves it when `rotate_encryption` has renewed them all
and nobody wrote under it meanwhile.
"""

import hashlib
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.utils import timezone

from pipelines_portal.shared.locked_database import is_locked
from pipelines_portal.web.encryption import Undecryptable

NOT_COMPARED = "What was sent before cannot be compared with these rows"
CANNOT_COMPARE = (
    f"{NOT_COMPARED}: the encryption key that some of it was kept with is missing. Nothing of them is sent meanwhile. "
    "Whoever runs the portal can put the key into ENCRYPTION_KEYS."
)

# By this number of its own, PostgreSQL knows who writes and who retires a key.
TURN = 160_2026
# Whoever writes waits meanwhile, and gets as long a pause: one that stands still is ended by the server after 30.
PATIENCE = (1, 2, 4, 8, 16, 40)


class SentUnderMissingKey(Undecryptable):
    """Rows were kept under a key that is not among ENCRYPTION_KEYS here."""


class DigestKey(models.Model):
    """One of ENCRYPTION_KEYS that digests are made of, as a word that tells nothing of it."""

    fingerprint = models.CharField(max_length=16, primary_key=True)
    # False while rows are renewed: whoever writes under it meanwhile says so.
    is_in_use = models.BooleanField(default=True)
    # Since when whoever runs the portal holds it for lost: rows under it are compared with nothing.
    lost_at = models.DateTimeField(null=True)


def note_first_key() -> None:
    """Of what is kept under it. Call in the transaction that keeps it: until it ends, the key stays on the list."""
    first = fingerprint(settings.ENCRYPTION_KEYS[0])
    if not _is_kept(first):
        _note(first)


def _is_kept(word: str) -> bool:
    """Beside all others who write; whoever retires a key waits for them, and is waited for. Both go in one trip, the
    word as of when it was waited for.
    """
    table = connection.ops.quote_name(DigestKey._meta.db_table)
    question = f"SELECT 1 FROM {table} WHERE fingerprint = %s AND is_in_use AND lost_at IS NULL"  # noqa: S608 - names of our own
    with connection.cursor() as cursor:
        if _is_shared():
            cursor.execute(f"SELECT pg_advisory_xact_lock_shared({TURN}); {question}", [word])
            cursor.nextset()
        else:
            cursor.execute(question, [word])
        return cursor.fetchone() is not None


def _wait_for_writers(seconds: int) -> None:
    """Call in a transaction: until it ends, nobody writes. Who waits here is not overtaken, as at a locked row."""
    if _is_shared():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{seconds}s'; SELECT pg_advisory_xact_lock({TURN})")


def _is_shared() -> bool:
    """SQLite's transactions go one at a time anyway."""
    return connection.vendor == "postgresql"


def _note(word: str) -> None:
    DigestKey.objects.bulk_create(
        [DigestKey(fingerprint=word)],
        update_conflicts=True,
        unique_fields=["fingerprint"],
        update_fields=["is_in_use", "lost_at"],
    )


def require_all() -> None:
    """Before rows are compared with what was sent. Raises SentUnderMissingKey."""
    note_first_key()
    known, words = dict(DigestKey.objects.values_list("pk", "lost_at")), words_at_hand()
    if any(known.get(word) for word in words):
        take_back_found()
    if any(lost_at is None for word, lost_at in known.items() if word not in words):
        raise SentUnderMissingKey(CANNOT_COMPARE)


def take_back_found() -> None:
    """A key that was held for lost, and is here."""
    _at_hand().exclude(lost_at=None).update(lost_at=None)


def give_up_missing() -> None:
    """Those that nobody has any more: from now on nothing is compared with the rows under them."""
    _missing().update(lost_at=timezone.now())


def count_missing() -> int:
    return _missing().count()


def begin_retiring() -> None:
    """Before rows are renewed: from now on who keeps a row under an older key says so."""
    take_back_found()
    note_first_key()
    for seconds in PATIENCE:
        try:
            _say_unused(seconds)
            break
        except OperationalError as error:
            if not is_locked(error) or seconds == PATIENCE[-1]:
                raise
        time.sleep(seconds)


def _say_unused(seconds: int) -> None:
    with transaction.atomic():
        _wait_for_writers(seconds)
        _older().update(is_in_use=False)


def retire() -> int:
    """When every row that can be opened has its digest under the first key: how many older ones are in use again."""
    _older().filter(is_in_use=False).delete()
    return _older().count()


def given_up_words(when: datetime) -> str:
    return f"{NOT_COMPARED} where its encryption key is lost: given up on {when:%-d %B %Y}."


def lost_since() -> datetime | None:
    """When a key was given up last whose rows are still there to be equal to."""
    return _lost().order_by("-lost_at").values_list("lost_at", flat=True).first()


def _lost() -> "models.QuerySet[DigestKey]":
    return DigestKey.objects.exclude(lost_at=None).exclude(pk__in=words_at_hand())


def _missing() -> "models.QuerySet[DigestKey]":
    return missing_beside(words_at_hand())


def missing_beside(words: Any) -> "models.QuerySet[DigestKey]":
    """Under which something was kept that who has these alone cannot compare."""
    return DigestKey.objects.filter(lost_at=None).exclude(pk__in=words)


def _at_hand() -> "models.QuerySet[DigestKey]":
    return DigestKey.objects.filter(pk__in=words_at_hand())


def _older() -> "models.QuerySet[DigestKey]":
    """Of those at hand: what others write under a key that is not is theirs to renew."""
    return _at_hand().exclude(pk=words_at_hand()[0])


def words_at_hand() -> list[str]:
    return [fingerprint(key) for key in settings.ENCRYPTION_KEYS]


def fingerprint(key: str) -> str:
    """The word for one of ENCRYPTION_KEYS."""
    return hashlib.sha256(b"which key made a digest:" + key.encode()).hexdigest()[:16]
