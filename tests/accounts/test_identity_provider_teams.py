"""What coming in through the identity provider brings: teams by its groups, and what an invitation gives."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.audit.models import Event
from pipelines_portal.people.invitations import link_path
from pipelines_portal.people.models import Invitation, InvitationRefused
from tests.factories import make_person, make_team
from tests.pages import text_of

from .identity_provider import is_in, through


def test_groups_make_members_of_teams(client: Client, oidc: Any) -> None:
    oidc.OIDC_GROUPS = {"labelers": "Labeling", "others": "Not there"}
    team = make_team(name="Labeling")
    through(client, "newcomer")
    assert [*team.members.values_list("email", flat=True)] == ["nora@acme.example"]
    SocialAccount.objects.update(uid="left-labelers")
    through(Client(), "left-labelers")
    assert not team.members.exists()
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"member-added", "member-removed"} <= verbs


def test_a_team_that_is_missing_is_logged_with_its_group(
    client: Client, oidc: Any, caplog: pytest.LogCaptureFixture
) -> None:
    oidc.OIDC_GROUPS = {"labelers": "Labeling Team"}
    through(client, "newcomer")
    assert 'OIDC_GROUPS: there is no team "Labeling Team" for the group "labelers"' in caplog.messages


def test_an_idp_without_groups_changes_no_team(client: Client, oidc: Any, maria: User) -> None:
    oidc.OIDC_GROUPS = {"labelers": "Labeling"}
    team = make_team(maria, name="Labeling")
    through(client, "maria")
    assert team.members.exists()


def invite_eve() -> Invitation:
    """Invite Eve to be a viewer in the team Labeling."""
    boss = make_person("boss@acme.example", role=Role.ADMINISTRATOR)
    [invitation] = Invitation.objects.invite(["eve@else.example"], Role.VIEWER, [make_team(name="Labeling")], by=boss)
    return invitation


def test_a_sign_in_through_the_idp_accepts_the_invitation(client: Client, oidc: Any) -> None:
    invitation = invite_eve()
    assert through(client, "elsewhere").status_code == 302
    eve = User.objects.get(email="eve@else.example")
    assert eve.role == "viewer"
    assert [team.name for team in eve.teams.all()] == ["Labeling"]
    invitation.refresh_from_db()
    assert invitation.taken_at
    assert is_in(client)


def test_an_invitation_withdrawn_at_that_moment_refuses_the_newcomer(
    client: Client, oidc: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite_eve()

    def too_late(invitation: Invitation, person: User) -> None:
        raise InvitationRefused("This invitation was revoked.")

    monkeypatch.setattr(Invitation, "accept", too_late)
    refused = through(client, "elsewhere")
    assert refused.status_code == 403
    assert "This invitation was revoked." in text_of(refused)
    assert not User.objects.filter(email="eve@else.example").exists()


def test_a_link_leads_there_when_passwords_are_left_to_administrators(client: Client, oidc: Any) -> None:
    invitation = invite_eve()
    oidc.PASSWORD_SIGN_IN = "administrators"
    path = link_path(invitation)
    assert "Sign in with Acme SSO" in text_of(client.get(path))
    client.post(path, {"name": "Eve", "password": "a long enough password"})
    assert not User.objects.filter(email="eve@else.example").exists()
