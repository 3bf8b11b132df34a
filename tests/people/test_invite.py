"""Invitations: several at once, the rights of the inviter, links to copy, and mails."""

import html as html_escapes
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.people.models import Invitation, Invitations
from tests.each_case import each_case
from tests.factories import make_team
from tests.pages import text_of
from tests.people.cast import Cast, events
from tests.people.mail_server import mail_server, silent_mail_server, work


def invite(client: Client, emails: str, role: str = "operator", *teams: Team) -> Any:
    form = {"emails": emails, "role": role, "teams": [team.pk for team in teams]}
    return client.post("/people/invite/", form, follow=True)


def links_in(answer: Any) -> list[str]:
    return re.findall(r'value="(http[^"]+/invitation/[^"]+)"', html_escapes.unescape(answer.content.decode()))


def test_several_are_invited_at_once_and_each_has_a_link(cast: Cast) -> None:
    answer = invite(
        cast.client("administrator"), "tom@acme.example, LENA@acme.example\nkai@acme.example", "viewer", cast.team
    )
    assert len(set(links_in(answer))) == 3
    assert "Send this link to " in answer.content.decode()
    made = Invitation.objects.get(email="lena@acme.example")
    assert (made.role, list(made.teams.all()), made.invited_by) == ("viewer", [cast.team], cast.administrator)
    assert timedelta(days=6, hours=23) < made.ends_at - timezone.now() <= timedelta(days=7)
    assert [label for *_, label in events("invited")] == ["tom@acme.example", "lena@acme.example", "kai@acme.example"]


@pytest.mark.parametrize(("name", "is_chosen"), [("lead", True), ("administrator", False)])
def test_the_team_of_the_inviter_is_selected(cast: Cast, name: str, is_chosen: bool) -> None:
    form = cast.client(name).get("/people/invite/").context["form"]
    assert form["teams"].value() == ([str(cast.team.pk)] if is_chosen else [])
    make_team(lead=getattr(cast, name), name="Night desk")
    form = cast.client(name).get("/people/invite/").context["form"]
    assert form["teams"].value() == [], "no guess among several, and none for administrators"


def test_only_administrators_are_told_what_people_without_a_team_see(cast: Cast) -> None:
    """Leads invite into their teams only."""
    pages = {name: text_of(cast.client(name).get("/people/invite/")) for name in ("administrator", "lead")}
    words = "Without a team, they see no workflows until they add a key or someone shares one."
    assert [words in page for page in pages.values()] == [True, False]


@each_case(
    ("emails", "words"),
    [
        ("tom@acme.example nonsense x@y", "Not valid: nonsense, x@y."),
        ("tom@acme.example member@acme.example", "Already have an account: member@acme.example."),
        ("tom@acme.example lena@acme.example", "Already invited: lena@acme.example."),
        ("", "Enter an email address."),
        (" , ; ", "Enter an email address."),
        (" ".join(f"p{n}@acme.example" for n in range(51)), "Enter up to 50 email addresses. You entered 51."),
    ],
)
def test_one_invalid_email_stops_all_invitations(cast: Cast, settings: Any, emails: str, words: str) -> None:
    client = cast.client("administrator")
    invite(client, "lena@acme.example")
    with mail_server(settings) as letters:
        answer = invite(client, emails)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert not emails.strip(" ,;") or emails in page, "what was typed stays"
    assert (letters.kept, Invitation.objects.count()) == ([], 1)


def test_people_who_left_are_named_in_the_error(cast: Cast) -> None:
    User.objects.filter(pk=cast.member.pk).update(is_active=False)
    page = invite(cast.client("administrator"), "member@acme.example").content.decode()
    assert "Deactivated: member@acme.example. An administrator can reactivate them." in page


def test_people_with_an_account_can_be_added_to_the_team(cast: Cast) -> None:
    client = cast.client("lead")
    page = invite(client, "stranger@acme.example", "operator", cast.team).content.decode()
    assert "Add Olu Adeyemi to Intake" in page
    client.post(f"/people/teams/{cast.team.pk}/add/", {"person": cast.stranger.pk})
    assert Membership.objects.filter(team=cast.team, user=cast.stranger).exists()


def test_leads_invite_into_their_own_teams_as_no_more_than_operators(cast: Cast) -> None:
    photos, client = make_team(name="Photos"), cast.client("lead")
    assert "Photos" not in client.get("/people/invite/").content.decode()
    assert invite(client, "tom@acme.example", "administrator", cast.team).status_code == 422
    assert invite(client, "tom@acme.example", "operator", photos).status_code == 422
    assert invite(client, "tom@acme.example", "operator", cast.team, photos).status_code == 422
    assert "Choose a team." in invite(client, "tom@acme.example").content.decode()
    assert not Invitation.objects.exists()
    assert len(links_in(invite(client, "tom@acme.example", "operator", cast.team))) == 1


def test_a_lead_who_is_viewer_invites_viewers_only(cast: Cast) -> None:
    Membership.objects.filter(user=cast.viewer).update(is_lead=True)
    assert invite(cast.client("viewer"), "tom@acme.example", "operator", cast.team).status_code == 422
    assert len(links_in(invite(cast.client("viewer"), "tom@acme.example", "viewer", cast.team))) == 1


def test_two_concurrent_invitations_of_one_email(cast: Cast, monkeypatch: Any) -> None:
    def refuse(*given: Any, **more: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(Invitations, "invite", refuse)
    answer = invite(cast.client("administrator"), "tom@acme.example")
    assert answer.status_code == 422
    assert "Someone else just invited one of these people." in answer.content.decode()


def test_an_email_has_one_pending_invitation(cast: Cast) -> None:
    invite(cast.client("administrator"), "tom@acme.example")
    given = {"email": "tom@acme.example", "role": "viewer", "invited_by": cast.lead, "nonce": "x"}
    with pytest.raises(IntegrityError):
        Invitation.objects.create(ends_at=timezone.now(), **given)


def test_the_links_are_shown_to_nobody_else(cast: Cast) -> None:
    invite(cast.client("administrator"), "tom@acme.example", "operator", cast.team)
    pk = Invitation.objects.get().pk
    assert links_in(cast.client("administrator").get(f"/people/invite/?made={pk}"))
    assert not links_in(cast.client("lead").get(f"/people/invite/?made={pk},x,²,{'9' * 30}"))


def test_the_mail_names_link_inviter_role_and_teams(cast: Cast, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.acme.example"
    with mail_server(settings) as letters:
        client = cast.client("lead")
        answer = invite(client, "tom@acme.example", "viewer", cast.team)
        assert "emailing this link" in answer.content.decode()
        assert "Email waiting" in client.get(f"/people/teams/{cast.team.pk}/").content.decode()
        work()
    assert "Email failed" not in client.get(f"/people/teams/{cast.team.pk}/").content.decode()
    (letter,) = letters.kept
    text = letter.get_content()
    assert letter["To"] == "tom@acme.example"
    assert letter["Subject"] == "Ben Okafor invited you to Pipelines Portal"
    assert "Ben Okafor (lead@acme.example) invited you to Pipelines Portal." in text
    assert links_in(answer) == re.findall(r"https://\S+", text), "the link, and no other"


def test_a_refused_mail_is_shown_and_the_others_are_sent(cast: Cast, settings: Any) -> None:
    with mail_server(settings) as letters:
        letters.refused = {"tom@acme.example"}
        client = cast.client("administrator")
        answer = invite(client, "tom@acme.example lena@acme.example")
        work()
    assert len(links_in(answer)) == 2
    assert [letter["To"] for letter in letters.kept] == ["lena@acme.example"]
    for page in ("/people/", answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"]):
        assert client.get(page).content.decode().count("Email failed") == 1


def test_a_link_renewed_while_its_mail_waits_is_mailed_once(cast: Cast, settings: Any) -> None:
    client = cast.client("administrator")
    with mail_server(settings) as letters:
        invite(client, "tom@acme.example")
        new = client.post(f"/people/invitations/{Invitation.objects.get().pk}/renew/", follow=True)
        work()
    (letter,) = letters.kept
    assert links_in(new) == re.findall(r"http://\S+", letter.get_content())


@pytest.mark.full
def test_nobody_waits_for_a_silent_mail_server_and_no_queue_holds_a_link(cast: Cast, settings: Any) -> None:
    client, began = cast.client("administrator"), time.monotonic()
    with silent_mail_server(settings):
        answer = invite(client, "tom@acme.example")
        assert time.monotonic() - began < settings.EMAIL_TIMEOUT
        assert len(links_in(answer)) == 1
        made = Invitation.objects.get()
        [job] = DBTaskResult.objects.all()
        assert job.args_kwargs == {"args": [[made.pk]], "kwargs": {}}
        work()
    assert "Email failed" in client.get("/people/").content.decode()


def test_renewing_replaces_the_link(cast: Cast) -> None:
    client = cast.client("administrator")
    (old,) = links_in(invite(client, "tom@acme.example"))
    Invitation.objects.update(ends_at=timezone.now() - timedelta(days=1))
    pk = Invitation.objects.get().pk
    assert "Expired" in client.get("/people/").content.decode()
    (new,) = links_in(client.post(f"/people/invitations/{pk}/renew/", follow=True))
    assert new != old
    replaced = Client().get(old).content.decode()
    assert "<h1>This link was replaced</h1>" in replaced and "There’s a newer link." in replaced
    assert Client().get(new).status_code == 200
    assert [verb for _, verb, _ in events()] == ["invited", "invitation-renewed"]


def test_a_withdrawn_invitation_is_refused_and_may_be_made_again(cast: Cast) -> None:
    client = cast.client("administrator")
    (link,) = links_in(invite(client, "tom@acme.example"))
    pk = Invitation.objects.get().pk
    for words in ("Invitation revoked", "Already up to date"):
        assert words in client.post(f"/people/invitations/{pk}/withdraw/", follow=True).content.decode()
    assert "Already up to date" in client.post(f"/people/invitations/{pk}/renew/", follow=True).content.decode()
    page = Client().get(link)
    assert page.status_code == 410
    assert "<h1>Invitation revoked</h1>" in page.content.decode()
    assert "was revoked. Ask Maria Weber (admin@acme.example) for a new one." in page.content.decode()
    assert len(links_in(invite(client, "tom@acme.example"))) == 1


def test_a_lead_changes_no_invitation_of_an_administrator_or_into_other_teams(cast: Cast) -> None:
    administrator, photos = cast.client("administrator"), make_team(name="Photos")
    invite(administrator, "tom@acme.example", "administrator", cast.team)
    invite(administrator, "kai@acme.example", "viewer", cast.team, photos)
    for invitation in Invitation.objects.all():
        assert cast.client("lead").post(f"/people/invitations/{invitation.pk}/withdraw/").status_code == 404
    page = cast.client("lead").get(f"/people/teams/{cast.team.pk}/").content.decode()
    assert "kai@acme.example" in page
    assert "Revoke" not in page
    assert "Pending invitations" not in cast.client("member").get(f"/people/teams/{cast.team.pk}/").content.decode()


@each_case("number", ["9" * 30, "-1", "0", "x", "\0"])
def test_an_invalid_team_number_is_an_error_of_the_field(cast: Cast, number: str) -> None:
    form = {"emails": "new@acme.example", "role": "operator", "teams": [number, str(cast.team.pk)]}
    assert cast.client("lead").post("/people/invite/", form).status_code == 422
    assert not Invitation.objects.exists()
