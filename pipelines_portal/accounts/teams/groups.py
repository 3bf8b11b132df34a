"""The issuer's groups as teams: OIDC_GROUPS says which. Of these teams, it says who is in them at each sign-in."""

import logging
from typing import Any

from django.conf import settings
from django.db.models.functions import Lower

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.accounts.teams.transitions import add_member, take_out

logger = logging.getLogger(__name__)


def follow_groups(user: User, groups: list[str] | None, **more: Any) -> None:
    """Receives `came_from_issuer`. An issuer that tells of no groups says nothing of teams."""
    if groups is None:
        return
    wanted = {team.lower() for group, team in settings.OIDC_GROUPS.items() if group in groups}
    configured = {name.lower(): (group, name) for group, name in settings.OIDC_GROUPS.items()}
    for lower, (group, name) in sorted(configured.items()):
        team = Team.objects.annotate(lower=Lower("name")).filter(lower=lower).first()
        if team is None:
            logger.warning('OIDC_GROUPS: there is no team "%s" for the group "%s"', name, group)
        elif lower in wanted:
            add_member(team, user, by=None)
        else:
            take_out(team, user, by=None)
