"""Sharing a key for use, and taking it back. Whoever it is shared with reads and sends with it, and never sees it."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.keys.signals import key_opened

SHOWN_OF_A_TEAM = 8
_HERE = Membership.objects.filter(user__is_active=True)


def share(key: SavedKey, by: User, *, user: User | None = None, team: Team | None = None) -> bool:
    """With a person or a team. False when it is shared with them already, or is no longer `by`'s to share."""
    with transaction.atomic():
        if user == by or not _hold(key, by):
            return False
        _, is_new = KeyShare.objects.get_or_create(key=key, user=user, team=team, defaults={"shared_by": by})
        if is_new:
            record(Verb.KEY_SHARED, by=by, target=key, **_whom(user, team))
            outdate_sidebars(_people(user, team))
    if is_new:
        key_opened.send(SavedKey, key=key)
    return is_new


def take_back(key: SavedKey, share_id: int, by: User) -> str:
    """End it at once. With whom it was shared; "" when it no longer was."""
    with transaction.atomic():
        found = key.shares.select_related("user", "team").filter(pk=share_id).first()
        if found is None or not _hold(key, by):
            return ""
        deleted, _ = KeyShare.objects.filter(pk=share_id).delete()
        if deleted:
            record(Verb.KEY_TAKEN_BACK, by=by, target=key, **_whom(found.user, found.team))
            outdate_sidebars(_people(found.user, found.team))
    return str(found) if deleted else ""


def _hold(key: SavedKey, owner: User) -> bool:
    """Whether it is still theirs, and stays so to the end of the transaction: nobody hands it over in between."""
    return bool(SavedKey.objects.filter(pk=key.pk, owner=owner).update(owner=owner))


def _people(user: User | None, team: Team | None) -> list[int]:
    return [user.pk] if user else list(Membership.objects.filter(team=team).values_list("user", flat=True))


def _whom(user: User | None, team: Team | None) -> dict[str, str]:
    return {"team": team.name} if team else {"person": user.email if user else ""}


@dataclass(frozen=True)
class Recipient:
    """A line of the page: who may use the key, and for a team who that is."""

    share_id: int
    name: str
    below: str


def recipients_of(key: SavedKey) -> list[Recipient]:
    """Return teams first, each with the first of its people."""
    in_team = _HERE.filter(team=OuterRef("team")).order_by().values("team").annotate(number=Count("pk"))
    first = _HERE.select_related("user").order_by(Lower("user__name"), "user__email")[:SHOWN_OF_A_TEAM]
    shares = key.shares.select_related("user", "team").annotate(people_count=Subquery(in_team.values("number")))
    shares = shares.prefetch_related(Prefetch("team__memberships", first, to_attr="first_members"))
    return [_recipient(share) for share in sorted(shares, key=lambda share: (share.team is None, str(share)))]


def _recipient(share: Any) -> Recipient:
    if share.team is None:
        return Recipient(share.pk, str(share.user), share.user.email if share.user and share.user.name else "")
    people, total = [str(membership.user) for membership in share.team.first_members], share.people_count or 0
    more = f" and {total - len(people)} more" if total > len(people) else ""
    count = "1 person" if total == 1 else f"{total} people"
    names = ", ".join(people)
    return Recipient(share.pk, f"Team {share.team.name}", f"{count}: {names}{more}" if people else "nobody yet")


def teams_to_share_with(key: SavedKey, by: User) -> QuerySet[Team]:
    """One's own; for an administrator, all. Without those it is shared with."""
    teams = Team.objects.exclude(key_shares__key=key)
    return teams if by.is_administrator else teams.filter(members=by)


def people_with(key: SavedKey) -> list[int]:
    """Return the ids of all who may use the key, its owner among them."""
    return [key.owner_id, *users_of(key).values_list("pk", flat=True)]


def users_of(key: SavedKey) -> QuerySet[User]:
    """People besides the owner who may use it."""
    directly, teams = key.shares.filter(user__isnull=False), key.shares.filter(team__isnull=False)
    members = Membership.objects.filter(team__in=teams.values("team"))
    sharing = Q(pk__in=directly.values("user")) | Q(pk__in=members.values("user"))
    return User.objects.filter(sharing, is_active=True).exclude(pk=key.owner_id)
