"""Who may use, change and remove which key."""

from django.db.models import Exists, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import Role, Team, User
from pipelines_portal.keys.models import SavedKey, SavedKeys


def usable_key(user: User, key_id: int) -> SavedKey:
    """Return a key of theirs, or one shared with them, to read and send with. Raises Http404 for all other keys."""
    key = SavedKey.objects.usable_by(user).select_related("owner").filter(pk=key_id).first()
    if key is None:
        raise Http404
    return key.on_behalf_of(user)


def owned_key(user: User, key_id: int) -> SavedKey:
    """Return a key of theirs, to change it or share it. Raises Http404 for all other keys."""
    key = get_object_or_404(SavedKey.objects.select_related("owner"), pk=key_id, owner=user)
    return key.on_behalf_of(user)


def disposable_key(user: User, key_id: int) -> SavedKey:
    """Return a key that they may transfer or remove: theirs, or any key for an administrator. Raises Http404.

    An administrator may still not use a key that is not shared with them.
    """
    keys = SavedKey.objects.select_related("owner")
    return get_object_or_404(keys if user.is_administrator else keys.filter(owner=user), pk=key_id)


def visible_key(user: User, key_id: int) -> SavedKey:
    """Return a key that they may use, or transfer and remove. Raises Http404 for all other keys."""
    try:
        return usable_key(user, key_id)
    except Http404:
        return disposable_key(user, key_id)


def may_use(user: User, key: SavedKey) -> bool:
    """Return whether the person may use the key now, for work in the background on their behalf."""
    return user.is_active and SavedKey.objects.usable_by(user).filter(pk=key.pk).exists()


def may_send_with(user: User, key: SavedKey) -> bool:
    """Return whether the person may send with the key now. Reads their role and access again."""
    return sendable_keys(user).filter(pk=key.pk).exists()


def sendable_keys(user: User) -> SavedKeys:
    """Return the keys with which the person may send now, by their role and access as the database has them."""
    sender = User.objects.filter(pk=user.pk, is_active=True).exclude(role=Role.VIEWER)
    return SavedKey.objects.usable_by(user).filter(Exists(sender))


def teams_through(user: User, key: SavedKey) -> QuerySet[Team]:
    """Return the person's teams with which the key is shared."""
    return Team.objects.filter(key_shares__key=key, memberships__user=user)


def teams_to_share_with(key: SavedKey, by: User) -> QuerySet[Team]:
    """Return the person's teams, or all teams for an administrator, with which the key is not shared yet."""
    teams = Team.objects.exclude(key_shares__key=key)
    return teams if by.is_administrator else teams.filter(members=by)
