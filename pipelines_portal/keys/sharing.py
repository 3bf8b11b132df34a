"""The list of people and teams with whom a key is shared, for its page."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Lower

from pipelines_portal.accounts.models import Membership
from pipelines_portal.keys.models import SavedKey

MEMBERS_SHOWN = 8


@dataclass(frozen=True)
class Recipient:
    """A row of the list: a person or a team, with a second line that says who that is."""

    share_id: int
    name: str
    below: str


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
        return Recipient(share.pk, str(share.user), share.user.email if share.user and share.user.name else "")
    people, total = [str(membership.user) for membership in share.team.first_members], share.people_count or 0
    more = f" and {total - len(people)} more" if total > len(people) else ""
    count = "1 person" if total == 1 else f"{total} people"
    names = ", ".join(people)
    return Recipient(share.pk, f"Team {share.team.name}", f"{count}: {names}{more}" if people else "nobody yet")
