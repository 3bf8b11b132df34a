"""Under which of ENCRYPTION_KEYS rows have their digests: who lacks one of those keys cannot tell what was sent before.

A key is on the list before the first row is kept under it, and leaves it when `rotate_encryption` has renewed them all.
"""

import hashlib
import time
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from pipelines_portal.web.encryption import Undecryptable

# A program that still writes under an older key puts it back on the list so soon after it left.
NOTED_FOR_SECONDS = 60
NOT_COMPARED = "What was sent before cannot be compared with these rows"
CANNOT_COMPARE = (
    f"{NOT_COMPARED}: the encryption key that some of it was kept with is missing. Nothing of them is sent meanwhile. "
    "Whoever runs the portal can put the key into ENCRYPTION_KEYS."
)
_noted: dict[str, float] = {}


class SentUnderMissingKey(Undecryptable):
    """Rows were kept under a key that is not among ENCRYPTION_KEYS here."""


class DigestKey(models.Model):
    """One of ENCRYPTION_KEYS that digests are made of, as a word that tells nothing of it."""

    fingerprint = models.CharField(max_length=16, primary_key=True)
    # Since when whoever runs the portal holds it for lost: rows under it are compared with nothing.
    lost_at = models.DateTimeField(null=True)


def note_first_key() -> None:
    """Before a row is kept. Call in the transaction that keeps it."""
    first = fingerprint(settings.ENCRYPTION_KEYS[0])
    if time.monotonic() < _noted.get(first, 0.0):
        return
    if not DigestKey.objects.filter(pk=first, lost_at=None).exists():
        kept = DigestKey(fingerprint=first)
        DigestKey.objects.bulk_create(
            [kept], update_conflicts=True, unique_fields=["fingerprint"], update_fields=["lost_at"]
        )
    transaction.on_commit(lambda: _noted.update({first: time.monotonic() + NOTED_FOR_SECONDS}))


def require_all() -> None:
    """Before rows are compared with what was sent. Raises SentUnderMissingKey."""
    note_first_key()
    if _missing().exists():
        raise SentUnderMissingKey(CANNOT_COMPARE)


def give_up_missing() -> None:
    """Those that nobody has any more: from now on nothing is compared with the rows under them."""
    _missing().update(lost_at=timezone.now())


def keep_first_alone() -> None:
    """When every row that can be opened has its digest under the first key."""
    note_first_key()
    DigestKey.objects.filter(lost_at=None).exclude(pk=fingerprint(settings.ENCRYPTION_KEYS[0])).delete()


def lost_since() -> datetime | None:
    """When a key was given up last whose rows are still there to be equal to."""
    lost = DigestKey.objects.exclude(lost_at=None).exclude(pk__in=_at_hand())
    return lost.order_by("-lost_at").values_list("lost_at", flat=True).first()


def forget_noted() -> None:
    """For tests, whose databases forget too."""
    _noted.clear()


def _missing() -> "models.QuerySet[DigestKey]":
    return DigestKey.objects.filter(lost_at=None).exclude(pk__in=_at_hand())


def _at_hand() -> list[str]:
    return [fingerprint(key) for key in settings.ENCRYPTION_KEYS]


def fingerprint(key: str) -> str:
    """The word for one of ENCRYPTION_KEYS."""
    return hashlib.sha256(b"which key made a digest:" + key.encode()).hexdigest()[:16]
