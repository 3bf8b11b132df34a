"""Lists of people: a page of them costs the same number of queries at five people as at five hundred."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step.steps import HAS_SECOND_STEP
from pipelines_portal.saved_keys.models import KeyShare, SavedKey
from pipelines_portal.teams.models import Membership, Team

from .giving import ids_of_teams_led_by, may_give
from .invitations import open_invitations
from .models import Invitation

PAGE = 15
# Of the keys that a team may use: more are counted.
KEYS_IN_LIST, KEYS_ON_PAGE = 3, 6
MOST_LEFT_SHOWN = 50
MOST_FOUND = 10
PENDING_SHOWN, MOST_INVITED = 15, 1_000_000


def people_found(query: str) -> QuerySet[User]:
    """Whose name or email holds `query`; all when it is empty."""
    if not query:
        return User.objects.all()
    return User.objects.filter(Q(name__icontains=query) | Q(email__icontains=query))


def page_of_people(query: str, number: str, count: int) -> "Page[Any]":
    """Those who are here, with their teams, the number of keys they own, and whether they have a second step.

    A page that is not there is the last.
    """
    people = people_found(query).filter(is_active=True)
    memberships = Membership.objects.select_related("team").order_by(Lower("team__name"))
    listed = people.annotate(key_count=_keys_owned()).prefetch_related(
        Prefetch("memberships", memberships, to_attr="listed_memberships")
    )
    return paginator_of(listed.annotate(has_second_step=HAS_SECOND_STEP), count).get_page(number)


def paginator_of(found: QuerySet[Any], count: int) -> Paginator[Any]:
    """Of what was counted with something else."""
    paginator = Paginator(found, PAGE)
    paginator.__dict__["count"] = count
    return paginator


def _keys_owned() -> Coalesce:
    keys = SavedKey.objects.filter(owner=OuterRef("pk")).order_by().values("owner").annotate(number=Count("pk"))
    return Coalesce(Subquery(keys.values("number"), output_field=IntegerField()), Value(0))


def counts_of_people(query: str) -> dict[str, int]:
    """How many are `here`, and how many `left`."""
    counts = {"here": Count("pk", filter=Q(is_active=True)), "left": Count("pk", filter=Q(is_active=False))}
    return people_found(query).aggregate(**counts)


def people_who_left(query: str) -> QuerySet[User]:
    return people_found(query).filter(is_active=False)


def people_to_add(team: Team, query: str) -> list[User]:
    """A few whose name or email holds `query`, and who are not in the team."""
    if not query.strip():
        return []
    return list(people_found(query.strip()).filter(is_active=True).exclude(memberships__team=team)[:MOST_FOUND])


def page_of_teams(teams: QuerySet[Team], number: str) -> "Page[Any]":
    """Each with who leads it (`leads`), how many people it has (`people_count`), the first keys that it may use
    (`first_shares`), and how many besides (`more_keys`).
    """
    page = Paginator(_with_people(teams), PAGE).get_page(number)
    for team in page:
        team.more_keys = team.key_count - len(team.first_shares)  # type: ignore[attr-defined]
    return page


def page_of_members(team: Team, number: str) -> "Page[Any]":
    """Leads first. `team` is as `seen_team` gives it."""
    members = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
    in_order = members.order_by("-is_lead", Lower("user__name"), "user__email")
    return paginator_of(in_order, team.people_here).get_page(number)  # type: ignore[attr-defined]


def _with_people(teams: QuerySet[Team]) -> QuerySet[Team]:
    here = Count("memberships", filter=Q(memberships__user__is_active=True), distinct=True)
    leading = Membership.objects.filter(is_lead=True, user__is_active=True).select_related("user")
    shares = KeyShare.objects.select_related("key").only("team_id", "key__name")[:KEYS_IN_LIST]
    # Asked for apart: the teams one sees are found by a join that would narrow the count.
    return (
        Team.objects.filter(pk__in=teams.order_by().values("pk"))
        .annotate(people_count=here, key_count=Count("key_shares", distinct=True))
        .prefetch_related(
            Prefetch("memberships", leading, to_attr="leads"), Prefetch("key_shares", shares, to_attr="first_shares")
        )
        # Said here: with counts, the model's own order is not asked for.
        .order_by(Lower("name"), "id")
    )


def pending_invitations(user: User, start: int, team: Team | None = None) -> dict[str, Any]:
    """Nobody has accepted them yet; newest first, from the one at `start`. Each says whether `user` may change it."""
    pending = open_invitations().filter(teams=team) if team else open_invitations()
    found = _with_teams(pending.values("pk")[start : start + PENDING_SHOWN + 1])
    led: set[int] = set() if user.is_administrator or not found else ids_of_teams_led_by(user)
    for invitation, teams in found:
        invitation.team_names = list(teams.values())  # type: ignore[attr-defined]
        invitation.may_be_changed = may_give(user, invitation.role, teams, led)
    more = str(start + PENDING_SHOWN) if len(found) > PENDING_SHOWN else ""
    before = str(max(start - PENDING_SHOWN, 0)) if start else ""
    shown = [invitation for invitation, _ in found[:PENDING_SHOWN]]
    return {"pending": shown, "pending_next": more, "pending_before": before}


def _with_teams(pks: QuerySet[Invitation, Any]) -> list[tuple[Invitation, dict[int, str]]]:
    """In one query: an invitation comes once for each of its teams."""
    named = Invitation.objects.filter(pk__in=pks).select_related("invited_by")
    rows: Any = named.annotate(team_pk=F("teams__pk"), team_name=F("teams__name"))
    found: dict[int, tuple[Invitation, dict[int, str]]] = {}
    for row in rows.order_by("-made_at", "-id", Lower("team_name")):
        _, teams = found.setdefault(row.pk, (row, {}))
        if row.team_pk is not None:
            teams[row.team_pk] = row.team_name
    return list(found.values())
