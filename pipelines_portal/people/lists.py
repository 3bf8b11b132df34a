"""The lists of people, teams, members and invitations. Each costs a fixed number of queries."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, IntegerField, Model, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower

from pipelines_portal.accounts.models import Membership, Role, Team, User
from pipelines_portal.accounts.two_step import HAS_TWO_STEP
from pipelines_portal.keys.models import KeyShare
from pipelines_portal.people.models import Invitation
from pipelines_portal.people.permissions import led_team_ids, may_grant
from pipelines_portal.web.initials import initials

PAGE_SIZE = 15
DEACTIVATED = "deactivated"
# The choices of the filter of people.
KINDS_OF_PEOPLE = {
    Role.ADMINISTRATOR.value: "Administrators",
    Role.OPERATOR.value: "Operators",
    Role.VIEWER.value: "Viewers",
    DEACTIVATED: "Deactivated",
}
# Of the keys of a team, these many are shown, and the others counted.
KEYS_IN_LIST, KEYS_ON_PAGE = 3, 6
# Of the teams of a person, these many are shown; the person's page shows all.
TEAMS_IN_LIST = 5
MAX_FOUND = 10
PENDING_SHOWN, MAX_START = 15, 1_000_000


def people_found(query: str, kind: str = "") -> QuerySet[User]:
    """Return the people whose name or email contains `query`, of one of KINDS_OF_PEOPLE.

    Without either, return all active people.
    """
    people = User.objects.filter(Q(name__icontains=query) | Q(email__icontains=query)) if query else User.objects.all()
    if kind == DEACTIVATED:
        return people.filter(is_active=False)
    if kind in KINDS_OF_PEOPLE:
        return people.filter(is_active=True, role=kind)
    return people if query else people.filter(is_active=True)


def page_of_people(people: QuerySet[User], number: str) -> "Page[Any]":
    """Return a page of people, or the last page if there is none of this number.

    Each has `first_memberships`, the number `more_teams` of others, `initials` and `has_two_step`.
    """
    page: Page[Any] = Paginator(people, PAGE_SIZE).get_page(number)
    # Annotations are computed for the page only, not for all people before sorting.
    shown = User.objects.filter(pk__in=_pks(page))
    memberships = Membership.objects.select_related("team").order_by("-is_lead", "id")[:TEAMS_IN_LIST]
    page.object_list = shown.annotate(
        team_count=count_of(Membership, "user"), has_two_step=HAS_TWO_STEP
    ).prefetch_related(Prefetch("memberships", memberships, to_attr="first_memberships"))  # fmt: skip
    for person in page:
        person.first_memberships.sort(key=lambda membership: membership.team.name.lower())
        person.initials = initials(str(person))
        person.more_teams = person.team_count - len(person.first_memberships)
    return page


def paginator_of(found: QuerySet[Any], count: int) -> Paginator[Any]:
    """Return a paginator with a count that is known already."""
    paginator = Paginator(found, PAGE_SIZE)
    paginator.__dict__["count"] = count
    return paginator


def _pks(page: "Page[Any]") -> QuerySet[Any, Any]:
    return page.object_list.values("pk")  # type: ignore[attr-defined, no-any-return]


def count_of(model: type[Model], field: str, **conditions: Any) -> Coalesce:
    """Return an annotation that counts the related rows of the model."""
    found = model._default_manager.filter(**{field: OuterRef("pk")}, **conditions).order_by().values(field)
    return Coalesce(
        Subquery(found.annotate(number=Count("pk")).values("number"), output_field=IntegerField()), Value(0)
    )


def people_to_add(team: Team, query: str) -> list[User]:
    """Return a few active people outside the team whose name or email contains `query`."""
    if not query.strip():
        return []
    return list(people_found(query.strip()).filter(is_active=True).exclude(memberships__team=team)[:MAX_FOUND])


def members_found(team: Team, query: str) -> list[User]:
    """Return a few members of the team whose name or email contains `query`."""
    if not query.strip():
        return []
    return list(people_found(query.strip()).filter(is_active=True, memberships__team=team)[:MAX_FOUND])


def page_of_teams(teams: QuerySet[Team], number: str) -> "Page[Any]":
    """Return a page of teams, each with `leads`, `people_count`, `first_shares` and the number `more_keys`."""
    page: Page[Any] = Paginator(teams.order_by(Lower("name"), "id"), PAGE_SIZE).get_page(number)
    page.object_list = _with_people(_pks(page))
    for team in page:
        team.more_keys = team.key_count - len(team.first_shares)
    return page


def page_of_members(team: Team, number: str) -> "Page[Any]":
    """Return a page of members, leads first. `team` comes from `visible_team`."""
    members = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
    in_order = members.order_by("-is_lead", Lower("user__name"), "user__email")
    return paginator_of(in_order, team.people_here).get_page(number)  # type: ignore[attr-defined]


def _with_people(pks: QuerySet[Team, Any]) -> QuerySet[Team]:
    leading = Membership.objects.filter(is_lead=True, user__is_active=True).select_related("user")
    shares = KeyShare.objects.select_related("key").only("team_id", "key__name")[:KEYS_IN_LIST]
    here = count_of(Membership, "team", user__is_active=True)
    return (
        Team.objects.filter(pk__in=pks)
        .annotate(people_count=here, key_count=count_of(KeyShare, "team"))
        .prefetch_related(
            Prefetch("memberships", leading, to_attr="leads"), Prefetch("key_shares", shares, to_attr="first_shares")
        )
        .order_by(Lower("name"), "id")
    )


def pending_invitations(user: User, start: int, team: Team | None = None) -> dict[str, Any]:
    """Return the pending invitations, newest first, from the one at `start`. Sets `may_be_changed` for `user`."""
    pending = Invitation.objects.pending().filter(teams=team) if team else Invitation.objects.pending()
    found = _with_teams(pending.values("pk")[start : start + PENDING_SHOWN + 1])
    led: set[int] = set() if user.is_administrator or not found else led_team_ids(user)
    for invitation, teams in found:
        invitation.team_names = list(teams.values())  # type: ignore[attr-defined]
        invitation.may_be_changed = may_grant(user, invitation.role, teams, led)
    more = str(start + PENDING_SHOWN) if len(found) > PENDING_SHOWN else ""
    before = str(max(start - PENDING_SHOWN, 0)) if start else ""
    shown = [invitation for invitation, _ in found[:PENDING_SHOWN]]
    return {"pending": shown, "pending_next": more, "pending_before": before}


def _with_teams(pks: QuerySet[Invitation, Any]) -> list[tuple[Invitation, dict[int, str]]]:
    """Read invitations with their teams in one query, which returns one row for each team."""
    named = Invitation.objects.filter(pk__in=pks).select_related("invited_by")
    rows: Any = named.annotate(team_pk=F("teams__pk"), team_name=F("teams__name"))
    found: dict[int, tuple[Invitation, dict[int, str]]] = {}
    for row in rows.order_by("-made_at", "-id", Lower("team_name")):
        _, teams = found.setdefault(row.pk, (row, {}))
        if row.team_pk is not None:
            teams[row.team_pk] = row.team_name
    return list(found.values())
