"""Lists of people: a page of them costs the same number of queries at five people as at five hundred."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step.steps import people_with_second_step
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
MOST_PENDING_SHOWN = 200


def people_found(query: str) -> QuerySet[User]:
    """Whose name or email holds `query`; all when it is empty."""
    if not query:
        return User.objects.all()
    return User.objects.filter(Q(name__icontains=query) | Q(email__icontains=query))


def page_of_people(query: str, number: str) -> "Page[Any]":
    """Those who are here, with their teams, the number of keys they own, and whether they have a second step.

    A page that is not there is the last.
    """
    people = people_found(query).filter(is_active=True)
    memberships = Membership.objects.select_related("team").order_by(Lower("team__name"))
    listed = people.annotate(key_count=_keys_owned()).prefetch_related(
        Prefetch("memberships", memberships, to_attr="listed_memberships")
    )
    page = Paginator(listed, PAGE).get_page(number)
    having = people_with_second_step(person.pk for person in page)
    for person in page:
        person.has_second_step = person.pk in having  # type: ignore[attr-defined]
    return page


def _keys_owned() -> Coalesce:
    keys = SavedKey.objects.filter(owner=OuterRef("pk")).order_by().values("owner").annotate(number=Count("pk"))
    return Coalesce(Subquery(keys.values("number"), output_field=IntegerField()), Value(0))


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
    """Leads first."""
    members = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
    return Paginator(members.order_by("-is_lead", Lower("user__name"), "user__email"), PAGE).get_page(number)


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


def pending_invitations(user: User, team: Team | None = None) -> list[Invitation]:
    """Nobody has accepted them yet; newest first, as many as a page shows. Each says whether `user` may change it."""
    pending = open_invitations().filter(teams=team) if team else open_invitations()
    found = list(pending.select_related("invited_by").prefetch_related("teams")[:MOST_PENDING_SHOWN])
    led = ids_of_teams_led_by(user)
    for invitation in found:
        invitation.may_be_changed = may_give(user, invitation.role, [each.pk for each in invitation.teams.all()], led)
    return found
