"""What an owner changes about a key. Each change and its event are one transaction."""

from datetime import date

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.ownership.sharing import people_with
from pipelines_portal.keys.signals import key_removed
from pipelines_portal.keys.state.expiry import end_of


def rename(key: SavedKey, name: str, by: User) -> bool:
    """False when it is no longer theirs."""
    before = key.name
    with transaction.atomic():
        if not SavedKey.objects.filter(pk=key.pk, owner=by).update(name=name):
            return False
        record(Verb.KEY_RENAMED, by=by, target=key, label=name, before=before)
        outdate_sidebars(people_with(key))
    key.name = name
    return True


def say_expiry(key: SavedKey, expiry: str, made_on: date | None, by: User) -> bool:
    """When it ends, as its owner says: from `made_on`, or from today. False when it is no longer theirs."""
    ends = end_of(expiry, made_on)
    with transaction.atomic():
        values = {"expiry": expiry, "expires_at": ends, "warned_days": None}
        if not SavedKey.objects.filter(pk=key.pk, owner=by).update(**values):
            return False
        record(Verb.KEY_EXPIRY_SAID, by=by, target=key, expiry=expiry, ends=f"{ends:%Y-%m-%d}" if ends else "")
    return True


def remove(key: SavedKey, by: User) -> bool:
    """Remove the key, its workflows, shares and imports. Submissions stay. Return False if its owner changed."""
    label = str(key)
    with transaction.atomic():
        if not SavedKey.objects.filter(pk=key.pk, owner=key.owner).update(name=key.name):
            return False
        record(Verb.KEY_REMOVED, by=by, target=key, label=label, owner=key.owner.email)
        key_removed.send(SavedKey, key=key, by=by)
        outdate_sidebars(people_with(key))
        SavedKey.objects.filter(pk=key.pk).delete()
    return True
