"""The list of people and teams with whom a key is shared, for its page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Lower

from pipelines_portal.accounts.models import Membership
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.texts import team_of

MEMBERS_SHOWN = 8


@dataclass(frozen=True)
class Recipient:
    """A row of the list: a person or a team, with a second line. `people` are the first members of a team."""

    share_id: int
    name: str
    below: str
    since: datetime
    people: str = ""


def recipients_of(key: SavedKey) -> list[Recipient]:
    """Return teams first, each with its first members, then people."""
    active = Membership.objects.filter(user__is_active=True)
    in_team = active.filter(team=OuterRef("team")).order_by().values("team").annotate(number=Count("pk"))
    first = active.select_related("user").order_by(Lower("user__name"), "user__email")[:MEMBERS_SHOWN]
    shares = key.shares.select_related("user", "team").annotate(people_count=Subquery(in_team.values("number")))
    shares = shares.prefetch_related(Prefetch("team__memberships", first, to_attr="first_members"))
    return [_recipient(share) for share in sorted(shares, key=lambda share: (share.team is None, str(share)))]


def _recipient(share: Any) -> Recipient:
    if share.team is None:
        email = share.user.email if share.user and share.user.name else ""
        return Recipient(share.pk, str(share.user), email, share.shared_at)
    people = ", ".join(str(membership.user) for membership in share.team.first_members)
    return Recipient(share.pk, share.team.name, team_of(share.people_count or 0), share.shared_at, people)
