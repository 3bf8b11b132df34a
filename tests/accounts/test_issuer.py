"""Signing in through an OpenID Connect issuer: a real one over HTTP, whose people say what the test lets them say."""

import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.signals import came_from_issuer, newcomer_at_the_door
from pipelines_portal.audit.models import Event
from pipelines_portal.people.invitation_links import link_path
from pipelines_portal.people.invitations import InvitationRefused, invite
from pipelines_portal.people.models import Invitation
from pipelines_portal.teams.models import Team
from tests.external_api.server import free_port

from .second_steps import PASSWORD, code_of, sign_in

PEOPLE = {
    "maria": {"email": "Maria@acme.example", "email_verified": True, "name": "Maria Weber"},
    "newcomer": {"email": "nora@acme.example", "email_verified": True, "name": "Nora New", "groups": ["labelers"]},
    "left-labelers": {"email": "nora@acme.example", "email_verified": True, "groups": []},
    "unverified": {"email": "maria@acme.example", "email_verified": False},
    "silent": {"email": "maria@acme.example"},
    "elsewhere": {"email": "eve@else.example", "email_verified": True},
    "nobody": {},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    people = [Claims(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def oidc(settings: Any, issuer: str, db: None, static_root: None) -> Any:
    settings.OIDC_ISSUER = issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_NAME = (
        "portal",
        "s3cret-of-the-client",
        "Acme SSO",
    )
    settings.OIDC_DOMAINS = ["acme.example"]
    return settings


def through(client: Client, sub: str, next_address: str = "") -> Any:
    """What the portal answers when `sub` comes back from the issuer."""
    sent = client.post("/sign-in/oidc/", {"next": next_address})
    assert sent.status_code == 302, sent.content.decode()
    back = requests.post(sent["Location"], data={"sub": sub}, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_there_is_a_button_when_there_is_an_issuer(client: Client, oidc: Any) -> None:
    assert "Sign in through Acme SSO" in text(client.get("/sign-in/"))
    oidc.OIDC_ISSUER = ""
    assert "Sign in through" not in text(client.get("/sign-in/"))
    assert client.post("/sign-in/oidc/").status_code == client.get("/sign-in/oidc/callback/").status_code == 404


def test_a_newcomer_of_the_domain_comes_in_and_comes_back(client: Client, oidc: Any) -> None:
    assert through(client, "newcomer", "/submissions/")["Location"] == "/submissions/"
    nora = User.objects.get()
    assert (nora.email, nora.name, nora.role) == ("nora@acme.example", "Nora New", "operator")
    assert not nora.has_usable_password()
    events = [(event.verb, event.detail) for event in Event.objects.order_by("id")]
    assert events == [("person-made", {"how": "Acme SSO"}), ("signed-in", {"how": "oidc"})]
    assert is_in(client)
    again = Client()
    assert through(again, "newcomer").status_code == 302
    assert User.objects.count() == 1


@pytest.mark.parametrize("sub", ["unverified", "silent", "nobody"])
def test_an_email_the_issuer_does_not_vouch_for_opens_nothing(client: Client, oidc: Any, sub: str) -> None:
    User.objects.create_user("maria@acme.example", PASSWORD)
    refused = through(client, sub)
    assert refused.status_code == 403
    assert "does not say that your email is verified" in text(refused)
    assert not is_in(client)
    assert Event.objects.get().verb == "sign-in-refused"
    assert not SocialAccount.objects.exists()


def test_also_not_of_someone_who_came_in_by_it_before(client: Client, oidc: Any) -> None:
    through(client, "maria")
    SocialAccount.objects.update(uid="unverified")
    assert through(Client(), "unverified").status_code == 403


def test_strangers_of_other_domains_stay_outside_unless_invited(client: Client, oidc: Any) -> None:
    refused = through(client, "elsewhere")
    assert refused.status_code == 403
    assert "Ask an administrator of this portal to invite you" in text(refused)
    assert not User.objects.exists()

    def invited(email: str, **more: Any) -> bool:
        return email == "eve@else.example"

    newcomer_at_the_door.connect(invited)
    try:
        assert through(client, "elsewhere").status_code == 302
    finally:
        newcomer_at_the_door.disconnect(invited)
    assert User.objects.get().email == "eve@else.example"


def test_known_people_come_in_whatever_their_domain(client: Client, oidc: Any) -> None:
    oidc.OIDC_DOMAINS = []
    User.objects.create_user("eve@else.example")
    assert through(client, "elsewhere").status_code == 302


def test_a_known_person_is_joined_and_loses_nothing(client: Client, oidc: Any, maria: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    assert through(client, "maria").status_code == 302
    assert User.objects.count() == 1
    maria.refresh_from_db()
    assert maria.check_password(PASSWORD)
    assert is_in(elsewhere) and is_in(client)


def test_the_issuer_does_not_walk_past_the_second_step(client: Client, oidc: Any, app: Any) -> None:
    assert through(client, "maria", "/submissions/")["Location"] == "/sign-in/code/"
    assert not is_in(client)
    assert "s3cret-of-the-client" not in str(dict(client.session))
    assert client.post("/sign-in/code/", {"code": code_of(app[0])})["Location"] == "/submissions/"
    assert Event.objects.first().detail == {"how": "oidc, totp"}


def test_someone_deactivated_is_refused(client: Client, oidc: Any, maria: User) -> None:
    User.objects.update(is_active=False)
    refused = through(client, "maria")
    assert refused.status_code == 403
    assert "switched off" in text(refused)


def test_no_token_is_kept(client: Client, oidc: Any, app: Any) -> None:
    through(client, "maria")
    assert not SocialToken.objects.exists()
    assert "token" not in (client.session["account_login"]["signal_kwargs"]["sociallogin"])


def test_a_silent_issuer_is_a_sentence(client: Client, oidc: Any) -> None:
    oidc.OIDC_ISSUER = f"http://localhost:{free_port()}"
    silent = client.post("/sign-in/oidc/")
    assert silent.status_code == 503
    assert "Acme SSO does not answer as it should" in text(silent)


def test_an_issuer_that_takes_its_time_is_given_up(client: Client, oidc: Any) -> None:
    oidc.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.3
    with socket.create_server(("localhost", 0)) as slow:
        oidc.OIDC_ISSUER = f"http://localhost:{slow.getsockname()[1]}"
        assert client.post("/sign-in/oidc/").status_code == 503


@pytest.mark.parametrize("config", ["[]", "{}", "<html>", '{"issuer": 7}', '{"issuer": "https://evil.example"}'])
def test_an_issuer_that_is_none_is_a_sentence(client: Client, oidc: Any, config: str) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{oidc.OIDC_ISSUER}/.well-known/openid-configuration", body=config)
        refused = client.post("/sign-in/oidc/")
    assert refused.status_code in (401, 503)
    assert "You are not signed in" in text(refused)


def test_an_issuer_that_dies_on_the_way_back_is_a_sentence(client: Client, oidc: Any) -> None:
    sent = client.post("/sign-in/oidc/")
    back = requests.post(sent["Location"], data={"sub": "maria"}, allow_redirects=False, timeout=10).headers["Location"]
    oidc.OIDC_ISSUER = f"http://localhost:{free_port()}"
    answer = client.get(f"/sign-in/oidc/callback/?{urlsplit(back).query}")
    assert answer.status_code == 503


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?error=access_denied&state=y"])
def test_an_answer_nobody_asked_for_is_a_sentence(client: Client, oidc: Any, query: str) -> None:
    answer = client.get(f"/sign-in/oidc/callback/{query}")
    assert answer.status_code in (401, 403)
    assert "You are not signed in" in text(answer)
    assert not is_in(client)


def test_an_answer_is_taken_once(client: Client, oidc: Any) -> None:
    sent = client.post("/sign-in/oidc/")
    back = requests.post(sent["Location"], data={"sub": "maria"}, allow_redirects=False, timeout=10).headers["Location"]
    address = f"/sign-in/oidc/callback/?{urlsplit(back).query}"
    other = Client()
    assert other.get(address).status_code == 401, "another browser's answer"
    assert client.get(address).status_code == 302
    client.post("/sign-out/")
    assert client.get(address).status_code == 401


def test_passwords_can_be_left_to_administrators(client: Client, oidc: Any, maria: User) -> None:
    oidc.PASSWORD_SIGN_IN = "administrators"
    refused = sign_in(client)
    assert refused.status_code == 422
    assert "Sign in through Acme SSO" in text(refused)
    assert not is_in(client)
    through(client, "maria")
    assert "You sign in through Acme SSO, without a password." in text(client.get("/account/"))
    assert client.post("/password/", {}).status_code == 403
    User.objects.update(role="administrator")
    boss = Client()
    assert sign_in(boss)["Location"] == "/"


def test_someone_without_a_password_confirms_by_signing_in_again(client: Client, oidc: Any, monkeypatch: Any) -> None:
    now = time.time
    through(client, "newcomer")
    monkeypatch.setattr("pipelines_portal.accounts.confirming.time.time", lambda: now() + 11 * 60)
    assert client.get("/account/authenticator/")["Location"].startswith("/account/confirm/")
    assert "Sign in through Acme SSO" in text(client.get("/account/confirm/?next=/account/authenticator/"))
    monkeypatch.undo()
    assert through(client, "newcomer", "/account/authenticator/")["Location"] == "/account/authenticator/"


def test_groups_make_members_of_teams(client: Client, oidc: Any) -> None:
    oidc.OIDC_GROUPS = {"labelers": "Labeling", "others": "Not there"}
    team = Team.objects.create(name="Labeling")
    through(client, "newcomer")
    assert [*team.members.values_list("email", flat=True)] == ["nora@acme.example"]
    SocialAccount.objects.update(uid="left-labelers")
    through(Client(), "left-labelers")
    assert not team.members.exists()
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"member-added", "member-removed"} <= verbs


def test_an_issuer_that_tells_no_groups_changes_no_team(client: Client, oidc: Any, maria: User) -> None:
    oidc.OIDC_GROUPS = {"labelers": "Labeling"}
    team = Team.objects.create(name="Labeling")
    team.memberships.create(user=maria)
    through(client, "maria")
    assert team.members.exists()


def test_what_came_is_told(client: Client, oidc: Any) -> None:
    told = []

    def hear(user: User, groups: Any, is_new: bool, **more: Any) -> None:
        told.append((user.email, groups, is_new))

    came_from_issuer.connect(hear)
    try:
        through(client, "newcomer")
        through(Client(), "newcomer")
    finally:
        came_from_issuer.disconnect(hear)
    assert told == [("nora@acme.example", ["labelers"], True), ("nora@acme.example", ["labelers"], False)]


@pytest.fixture
def invitation(db: None) -> Invitation:
    """Of a viewer in the team Labeling."""
    boss = User.objects.create_superuser("boss@acme.example", PASSWORD)
    [invitation] = invite(["eve@else.example"], Role.VIEWER, [Team.objects.create(name="Labeling")], by=boss)
    return invitation


def test_an_invitation_is_accepted_by_coming_in(client: Client, oidc: Any, invitation: Invitation) -> None:
    assert through(client, "elsewhere").status_code == 302
    eve = User.objects.get(email="eve@else.example")
    assert eve.role == "viewer"
    assert [team.name for team in eve.teams.all()] == ["Labeling"]
    invitation.refresh_from_db()
    assert invitation.taken_at
    assert is_in(client)


def test_an_invitation_withdrawn_at_that_moment_keeps_them_out(
    client: Client, oidc: Any, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(invitation: Invitation, person: User) -> None:
        raise InvitationRefused("This invitation was withdrawn.")

    monkeypatch.setattr("pipelines_portal.people.newcomers.accept", too_late)
    refused = through(client, "elsewhere")
    assert refused.status_code == 403
    assert "This invitation was withdrawn." in text(refused)
    assert not User.objects.filter(email="eve@else.example").exists()


def test_a_link_leads_there_when_passwords_are_left_to_administrators(
    client: Client, oidc: Any, invitation: Invitation
) -> None:
    oidc.PASSWORD_SIGN_IN = "administrators"
    path = link_path(invitation)
    assert "Sign in through Acme SSO" in text(client.get(path))
    client.post(path, {"name": "Eve", "password": "a long enough password"})
    assert not User.objects.filter(email="eve@else.example").exists()
