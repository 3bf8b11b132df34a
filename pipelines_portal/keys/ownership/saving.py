"""Saving a key of one's own, after the API was asked whether it works."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.ownership.sharing import people_with
from pipelines_portal.keys.state.checking import Verdict
from pipelines_portal.keys.state.expiry import end_of

# What a key saved once more brings along.
ANEW = ("name", "encrypted_key", "last4", "expiry", "expires_at", "checked_at")


def save(
    owner: User, name: str, text: str, fingerprint: str, expiry: str, verdict: Verdict, twin: SavedKey | None
) -> SavedKey:
    """A new one; or `twin`, the same one as before, where that can no longer be opened: its workflows stay.

    Raises IntegrityError when it was saved a moment ago, or when `twin` is no longer theirs.
    """
    saved = SavedKey(owner=owner, fingerprint=fingerprint)
    saved.name, saved.expiry, saved.expires_at = name, expiry, end_of(expiry, None)
    saved.checked_at = timezone.now() if verdict is Verdict.WORKS else None
    saved.seal(text)
    with transaction.atomic():
        if twin is None:
            saved.save()
        else:
            saved = _put_into(twin, saved)
        record(Verb.KEY_SAVED, by=owner, target=saved, check=verdict.value)
        outdate_sidebars(people_with(saved))
    return saved


def _put_into(twin: SavedKey, saved: SavedKey) -> SavedKey:
    """As long as the twin is still theirs: meanwhile the API was asked."""
    values = {name: getattr(saved, name) for name in ANEW} | {"warned_days": None, "rejected_at": None}
    seen = SavedKey.objects.filter(pk=twin.pk, owner=saved.owner, fingerprint=saved.fingerprint)
    if not seen.update(**values):
        raise IntegrityError("It has another owner by now, or was removed.")
    twin.refresh_from_db()
    return twin
