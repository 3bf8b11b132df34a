"""People whom the OpenID Connect issuer vouches for: by invitation, and into the teams of their groups."""

from typing import Any

import pytest
from django.test import Client

from pipelines_portal.accounts.issuer import may_enter
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.signals import came_from_issuer
from pipelines_portal.people.invitation_links import link_path
from pipelines_portal.people.invitations import invite, withdraw
from pipelines_portal.people.models import Invitation
from pipelines_portal.teams.models import Membership, Team
from tests.people.cast import Cast, events

EMAIL = "tom@acme.example"


def arrive(user: User, groups: list[str] | None = None, is_new: bool = False) -> None:
    came_from_issuer.send(sender=User, user=user, groups=groups, is_new=is_new)


def teams_of(user: User) -> list[str]:
    return sorted(user.teams.values_list("name", flat=True))


def test_only_who_is_invited_may_enter_and_accepts_by_that(cast: Cast) -> None:
    assert not may_enter(EMAIL)
    invite([EMAIL], Role.VIEWER, [cast.team], by=cast.lead)
    assert may_enter(EMAIL)
    tom = User.objects.create_user(EMAIL)
    arrive(tom, is_new=True)
    assert tom.role == "viewer"
    tom.refresh_from_db()
    assert (tom.role, teams_of(tom)) == ("viewer", ["Intake"])
    assert Invitation.objects.get().taken_at is not None
    assert ("tom@acme.example", "invitation-accepted", EMAIL) in events()


def test_a_withdrawn_invitation_lets_nobody_enter(cast: Cast) -> None:
    (invitation,) = invite([EMAIL], Role.VIEWER, [cast.team], by=cast.lead)
    withdraw(invitation, by=cast.lead)
    assert not may_enter(EMAIL)


def test_who_is_known_accepts_nothing_by_signing_in_again(cast: Cast) -> None:
    invite([EMAIL], Role.ADMINISTRATOR, [], by=cast.administrator)
    tom = User.objects.create_user(EMAIL)
    arrive(tom)
    tom.refresh_from_db()
    assert tom.role == "operator"


@pytest.fixture
def groups(cast: Cast, settings: Any) -> Cast:
    settings.OIDC_GROUPS = {"eng": "Intake", "photo": "Photos", "gone": "No such team"}
    Team.objects.create(name="Photos")
    Team.objects.create(name="Private")
    return cast


def test_groups_are_followed_and_other_teams_left_alone(groups: Cast) -> None:
    Membership.objects.create(team=Team.objects.get(name="Private"), user=groups.member)
    arrive(groups.member, ["photo", "gone", "other"])
    assert teams_of(groups.member) == ["Photos", "Private"]
    assert [verb for _, verb, _ in events()] == ["member-removed", "member-added"]


def test_an_issuer_that_tells_no_groups_changes_no_team(groups: Cast) -> None:
    arrive(groups.member, None)
    assert teams_of(groups.member) == ["Intake"]


def test_leads_are_named_here_and_stay(groups: Cast) -> None:
    arrive(groups.lead, [])
    assert teams_of(groups.lead) == ["Intake"]


def test_the_link_offers_the_issuer_and_no_password_where_none_is_used(cast: Cast, settings: Any) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://login.example.com", "Acme"
    link = link_path(invite([EMAIL], Role.VIEWER, [cast.team], by=cast.lead)[0])
    page = Client().get(link).content.decode()
    assert "Accept by signing in through Acme" in page
    assert 'name="password"' in page
    settings.PASSWORD_SIGN_IN = "administrators"
    assert 'name="password"' not in Client().get(link).content.decode()
    Client().post(link, {"name": "Tom", "password": "correct horse battery"})
    assert not User.objects.filter(email=EMAIL).exists()
