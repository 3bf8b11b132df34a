"""What an invitation's link opens: a name, a password, an account in its role and teams. Once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Role, User
from pipelines_portal.people.administration import deactivate
from pipelines_portal.people.invitations import link_path
from pipelines_portal.people.models import Invitation
from tests.each_case import each_case
from tests.factories import make_person
from tests.people.cast import Cast, events, make_cast

EMAIL, PASSWORD = "tom@acme.example", "correct horse battery"
FORM = {"name": "Tom Berger", "password": PASSWORD}


def invited(cast: Cast, by: User | None = None, role: Role = Role.VIEWER) -> Invitation:
    return Invitation.objects.invite([EMAIL], role, [cast.team], by=by or cast.lead)[0]


def heading_of(answer: Any) -> str:
    """Return the heading, which the title of the page repeats."""
    html = answer.content.decode()
    heading = html.split("<h1>")[1].split("</h1>")[0]
    assert f"<title>{heading} · " in " ".join(html.split()).replace("<title> ", "<title>")
    return str(heading)


def test_the_link_names_inviter_role_and_teams_and_creates_the_account(cast: Cast) -> None:
    link, client = link_path(invited(cast)), Client()
    page = " ".join(client.get(link).content.decode().split())
    assert "Ben Okafor (lead@acme.example) invited you to Pipelines Portal as a viewer." in page
    assert "<dd>Intake</dd>" in page
    answer = client.post(link, FORM, follow=True)
    person = User.objects.get(email=EMAIL)
    assert answer.wsgi_request.user == person, "signed in"
    assert (person.name, person.role, person.check_password(PASSWORD)) == ("Tom Berger", "viewer", True)
    assert [(each.team, each.is_lead) for each in Membership.objects.filter(user=person)] == [(cast.team, False)]
    assert ("tom@acme.example", "invitation-accepted", EMAIL) in events()
    assert ("tom@acme.example", "member-added", "Intake") in events(), "found by the filter of the team"


def test_the_page_is_not_cached_and_sends_no_referrer(cast: Cast) -> None:
    answer = Client().get(link_path(invited(cast)))
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


@each_case(
    ("form", "words"),
    [
        ({"name": "", "password": PASSWORD}, "This field is required."),
        ({"name": "Tom", "password": ""}, "This field is required."),
        ({"name": "Tom", "password": "elevenchars"}, "It must contain at least 12 characters."),
        ({"name": "Tom", "password": "tom@acme.example"}, "too similar to the email"),
        ({"name": "Tom", "password": "pipelines-demo"}, "This password is too common."),
    ],
)
def test_an_invalid_form_has_errors_and_the_link_stays_valid(cast: Cast, form: dict[str, str], words: str) -> None:
    link, client = link_path(invited(cast)), Client()
    answer = client.post(link, form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not form["password"] or f'value="{form["password"]}"' not in answer.content.decode().replace(
        f'name="username" autocomplete="username" value="{EMAIL}"', ""
    )
    assert not User.objects.filter(email=EMAIL).exists()
    assert client.post(link, FORM).status_code == 302


def test_a_link_works_once(cast: Cast) -> None:
    link = link_path(invited(cast))
    Client().post(link, FORM)
    again = Client().get(link)
    assert again.status_code == 410
    assert "already accepted this invitation" in again.content.decode()
    assert heading_of(again) == "Invitation already accepted"
    assert Client().post(link, FORM | {"name": "Other"}).status_code == 410
    assert User.objects.get(email=EMAIL).name == "Tom Berger"


def test_an_invitation_expires_after_its_days(cast: Cast) -> None:
    invitation = invited(cast)
    Invitation.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    answer = Client().post(link_path(invitation), FORM)
    assert answer.status_code == 410
    assert heading_of(answer) == "This link has expired"
    assert "expire after 7 days. Ask Ben Okafor (lead@acme.example) for a new one." in answer.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "nonsense", lambda t: t.replace(":", "")]
)
def test_a_link_that_is_not_whole_says_so(cast: Cast, change: Any) -> None:
    token = link_path(invited(cast)).split("/")[2]
    answer = Client().get(f"/invitation/{change(token)}/")
    assert answer.status_code == 410
    assert heading_of(answer) == "This link doesn’t work"
    assert "Copy the whole link" in answer.content.decode()


def test_an_invitation_of_somebody_who_left_is_refused(cast: Cast) -> None:
    invitation = invited(cast)
    deactivate(cast.lead, lambda key: None, by=cast.administrator)
    answer = Client().post(link_path(invitation), FORM)
    assert answer.status_code == 410
    assert heading_of(answer) == "This invitation is no longer valid"
    assert "can no longer invite you. Ask an administrator" in answer.content.decode()
    assert Invitation.objects.waiting_for(EMAIL) is None
    invitation.renew(by=cast.administrator)
    assert Client().post(link_path(invitation), FORM).status_code == 302, "an administrator stands in for them"


def test_an_invitation_of_a_former_lead_is_refused(cast: Cast) -> None:
    invitation = invited(cast)
    Membership.objects.filter(user=cast.lead).update(is_lead=False)
    assert Client().post(link_path(invitation), FORM).status_code == 410


def test_somebody_signed_in_cannot_accept(cast: Cast) -> None:
    client, link = cast.client("member"), link_path(invited(cast))
    for answer in (client.get(link), client.post(link, FORM)):
        assert "This invitation is for another account" in answer.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()
    assert Invitation.objects.get().taken_at is None


def test_an_email_that_has_an_account_by_now_cannot_accept(cast: Cast) -> None:
    link = link_path(invited(cast))
    make_person(EMAIL)
    assert "You already have an account" in Client().post(link, FORM).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_concurrent_accepts_create_one_account(static_root: None) -> None:
    cast = make_cast()
    link, barrier = link_path(invited(cast)), Barrier(4)

    def accept(name: str) -> int:
        try:
            barrier.wait(timeout=10)
            return Client().post(link, FORM | {"name": name}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        came = sorted(pool.map(accept, "ABCD"))
    assert came.count(302) == 1
    assert set(came) <= {200, 302, 410}
    assert User.objects.filter(email=EMAIL).count() == 1
    assert [verb for _, verb, _ in events("invitation-accepted")] == ["invitation-accepted"]


def test_the_link_is_in_no_log_event_or_session(cast: Cast, caplog: Any) -> None:
    caplog.set_level("DEBUG", logger="pipelines_portal")
    invitation = invited(cast)
    token = link_path(invitation).split("/")[2]
    Client().post(link_path(invitation), FORM | {"password": "short"})
    Client().post(link_path(invitation), FORM)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT detail, target_label FROM audit_event")
        stored += str(cursor.fetchall())
    written = stored + "".join(record.getMessage() for record in caplog.records if record.name.startswith("pipelines"))
    assert token not in written
    assert invitation.nonce not in written


def test_the_link_offers_the_idp_and_no_password_where_none_is_used(cast: Cast, settings: Any) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://login.example.com", "Acme"
    link = link_path(invited(cast))
    page = Client().get(link).content.decode()
    assert "Accept with Acme" in page
    assert 'name="password"' in page
    settings.PASSWORD_SIGN_IN = "administrators"
    assert 'name="password"' not in Client().get(link).content.decode()
    Client().post(link, FORM)
    assert not User.objects.filter(email=EMAIL).exists()
