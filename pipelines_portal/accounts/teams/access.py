"""Which teams a person sees, and which they look after."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.core.not_allowed import NotAllowed

LEADS = "Only this team's leads and administrators of this portal may do this. Nothing was changed."


def teams_seen_by(user: User) -> QuerySet[Team]:
    """Administrators see all, everybody else their own."""
    return Team.objects.all() if user.is_administrator else Team.objects.filter(memberships__user=user)


def teams_led_by(user: User) -> QuerySet[Team]:
    """Those that a person may invite into: administrators look after all of them."""
    if user.is_administrator:
        return Team.objects.all()
    return Team.objects.filter(memberships__user=user, memberships__is_lead=True)


def seen_team(user: User, team_id: int) -> Team:
    """With how many are in it and lead it. 404 for strangers, as for none."""
    return get_object_or_404(
        teams_seen_by(user).annotate(people_here=_members(), leads_here=_members(is_lead=True)), pk=team_id
    )


def _members(**which: Any) -> Coalesce:
    here = Membership.objects.filter(team=OuterRef("pk"), user__is_active=True, **which)
    return Coalesce(Subquery(here.order_by().values("team").annotate(number=Count("pk")).values("number")), 0)


def leads(user: User, team: Team) -> bool:
    return user.is_administrator or Membership.objects.filter(team=team, user=user, is_lead=True).exists()


def led_team(user: User, team_id: int) -> Team:
    """To add people and take them out; who is only a member is told so."""
    team = seen_team(user, team_id)
    if not leads(user, team):
        raise NotAllowed(LEADS)
    return team
