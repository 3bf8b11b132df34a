"""Lists of people: a page of them costs the same number of queries at five people as at five hundred."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, IntegerField, Model, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.second_step import HAS_SECOND_STEP
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.people.giving import ids_of_teams_led_by, may_give
from pipelines_portal.people.invitations import open_invitations
from pipelines_portal.people.models import Invitation

PAGE = 15
# Of the keys that a team may use: more are counted.
KEYS_IN_LIST, KEYS_ON_PAGE = 3, 6
# Of the teams that a person is in: all of them stand on the person's page.
TEAMS_IN_LIST = 5
MOST_LEFT_SHOWN = 50
MOST_FOUND = 10
PENDING_SHOWN, MOST_INVITED = 15, 1_000_000


def people_found(query: str) -> QuerySet[User]:
    """Whose name or email holds `query`; all when it is empty."""
    if not query:
        return User.objects.all()
    return User.objects.filter(Q(name__icontains=query) | Q(email__icontains=query))


def page_of_people(query: str, number: str, count: int) -> "Page[Any]":
    """Those who are here, with the first teams they are in (`first_memberships`) and how many besides (`more_teams`),
    the number of keys they own, and whether they have a second step.

    A page that is not there is the last.
    """
    page: Page[Any] = paginator_of(people_found(query).filter(is_active=True), count).get_page(number)
    # What is said of each is asked for the page alone: else it would be found for everybody, and then sorted.
    shown = User.objects.filter(pk__in=_pks(page))
    memberships = Membership.objects.select_related("team").order_by("-is_lead", "id")[:TEAMS_IN_LIST]
    page.object_list = shown.annotate(
        key_count=number_of(SavedKey, "owner"), team_count=number_of(Membership, "user"),
        has_second_step=HAS_SECOND_STEP,
    ).prefetch_related(Prefetch("memberships", memberships, to_attr="first_memberships"))  # fmt: skip
    for person in page:
        person.first_memberships.sort(key=lambda membership: membership.team.name.lower())
        person.more_teams = person.team_count - len(person.first_memberships)
    return page


def paginator_of(found: QuerySet[Any], count: int) -> Paginator[Any]:
    """Of what was counted with something else."""
    paginator = Paginator(found, PAGE)
    paginator.__dict__["count"] = count
    return paginator


def _pks(page: "Page[Any]") -> QuerySet[Any, Any]:
    return page.object_list.values("pk")  # type: ignore[attr-defined, no-any-return]


def number_of(model: type[Model], field: str, **which: Any) -> Coalesce:
    """Of such as have the row in that field."""
    found = model._default_manager.filter(**{field: OuterRef("pk")}, **which).order_by().values(field)
    return Coalesce(
        Subquery(found.annotate(number=Count("pk")).values("number"), output_field=IntegerField()), Value(0)
    )


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
    page: Page[Any] = Paginator(teams.order_by(Lower("name"), "id"), PAGE).get_page(number)
    page.object_list = _with_people(_pks(page))
    for team in page:
        team.more_keys = team.key_count - len(team.first_shares)
    return page


def page_of_members(team: Team, number: str) -> "Page[Any]":
    """Leads first. `team` is as `seen_team` gives it."""
    members = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
    in_order = members.order_by("-is_lead", Lower("user__name"), "user__email")
    return paginator_of(in_order, team.people_here).get_page(number)  # type: ignore[attr-defined]


def _with_people(pks: QuerySet[Team, Any]) -> QuerySet[Team]:
    leading = Membership.objects.filter(is_lead=True, user__is_active=True).select_related("user")
    shares = KeyShare.objects.select_related("key").only("team_id", "key__name")[:KEYS_IN_LIST]
    here = number_of(Membership, "team", user__is_active=True)
    return (
        Team.objects.filter(pk__in=pks)
        .annotate(people_count=here, key_count=number_of(KeyShare, "team"))
        .prefetch_related(
            Prefetch("memberships", leading, to_attr="leads"), Prefetch("key_shares", shares, to_attr="first_shares")
        )
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
