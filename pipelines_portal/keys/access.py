"""Who may use which key, and the client that calls with it."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.api_client import IN_A_PAGE, NOT_AGAIN, PipelinesClient, RetryPolicy
from pipelines_portal.core.api_connection import transport
from pipelines_portal.core.encryption import Undecryptable
from pipelines_portal.keys.gate import KeyGate
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.unreadable import KeyCannotBeOpened


def usable_key(user: User, key_id: int) -> SavedKey:
    """Their own key, or one shared with them, to read and send with; 404 for all others, as for none."""
    key = SavedKey.objects.usable_by(user).select_related("owner").filter(pk=key_id).first()
    if key is None:
        raise Http404
    return used_by(user, key)


def owned_key(user: User, key_id: int) -> SavedKey:
    """Their own key, to change it or share it; 404 for all others."""
    return used_by(user, get_object_or_404(SavedKey.objects.select_related("owner"), pk=key_id, owner=user))


def key_to_dispose_of(user: User, key_id: int) -> SavedKey:
    """A key to hand over or remove: one's own, or anyone's for an administrator, who may still not use it."""
    keys = SavedKey.objects.select_related("owner")
    return get_object_or_404(keys if user.is_administrator else keys.filter(owner=user), pk=key_id)


def may_use(user: User, key: SavedKey) -> bool:
    """Whether `usable_key` would give it to them, now; for work on behalf of someone who is not asking."""
    return user.is_active and SavedKey.objects.usable_by(user).filter(pk=key.pk).exists()


def may_send_with(user: User, key: SavedKey) -> bool:
    """Whether they may send with the key now: their role and access are read again."""
    now = User.objects.filter(pk=user.pk).first()
    return now is not None and now.may_send and may_use(now, key)


def teams_through(user: User, key: SavedKey) -> QuerySet[Team]:
    """Teams of theirs that the key is shared with."""
    return Team.objects.filter(key_shares__key=key, memberships__user=user)


def used_by(user: User, key: SavedKey) -> SavedKey:
    """The key, which now knows who is at work with it."""
    key.used_by = user
    return key


def client_for(key: SavedKey, policy: RetryPolicy = IN_A_PAGE) -> PipelinesClient:
    """Calls with this key, over the process's one connection pool and through the key's gate.

    Raises KeyCannotBeOpened.
    """
    try:
        return PipelinesClient(transport(), key.reveal(), policy, KeyGate(key))
    except Undecryptable:
        raise KeyCannotBeOpened(key.name) from None


def background_client_for(key: SavedKey) -> PipelinesClient:
    """Reads that nobody waits for: each is tried once. Their pace is for the caller to keep: see task_index/pace.py.

    Raises KeyCannotBeOpened.
    """
    try:
        return PipelinesClient(transport(), key.reveal(), NOT_AGAIN, KeyGate(key, is_background=True))
    except Undecryptable:
        raise KeyCannotBeOpened(key.name) from None
