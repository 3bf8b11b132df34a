"""Saving a key of one's own, after the API was asked whether it works."""

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb

from .checking import Verdict
from .expiry import end_of
from .models import SavedKey


def save(
    owner: User, name: str, text: str, fingerprint: str, expiry: str, verdict: Verdict, twin: SavedKey | None
) -> SavedKey:
    """A new one; or `twin`, the same one as before, where that can no longer be opened: its workflows stay.

    Raises IntegrityError when it was saved a moment ago.
    """
    saved = twin or SavedKey(owner=owner, fingerprint=fingerprint)
    saved.name, saved.expiry, saved.expires_at = name, expiry, end_of(expiry, None)
    saved.warned_days = saved.rejected_at = None
    saved.checked_at = timezone.now() if verdict is Verdict.WORKS else None
    saved.seal(text)
    with transaction.atomic():
        saved.save()
        record(Verb.KEY_SAVED, by=owner, target=saved, check=verdict.value)
    return saved
