"""Giving a key to another owner: they may then share, replace and remove it."""

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_handed_over


def may_own(person: User) -> bool:
    """Whether a key can be theirs: a viewer could neither replace nor share it, nor could someone who is gone."""
    return person.is_active and person.may_send


def hand_over(key: SavedKey, to: User, by: User) -> bool:
    """Make `to` the owner. False when the key meanwhile has another owner than `key` says, or is gone.

    Whom it is shared with stays; the former owner keeps no access of their own. Whether `by` may do this is for
    `key_to_dispose_of` to say. Raises ValueError for someone who can own no key.
    """
    if not may_own(to):
        raise ValueError("Keys belong to people who are here and may send.")
    former = key.owner
    with transaction.atomic():
        if to.pk == former.pk or not SavedKey.objects.filter(pk=key.pk, owner=former).update(
            owner=to, warned_days=None
        ):
            return False
        key.shares.filter(user=to).delete()
        record(Verb.KEY_HANDED_OVER, by=by, target=key, former_owner=former.email, owner=to.email)
        outdate_sidebars([former.pk, to.pk])
        key.owner = to
        key_handed_over.send(SavedKey, key=key, former=former, by=by)
    return True
