"""A link for a new password, and a lost two-step verification: by administrators who have just shown who they are."""

import html as html_escapes
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django_tasks_db.models import DBTaskResult

from pipelines_portal.accounts.models import User
from tests.people.cast import Cast, events
from tests.people.mail_server import mail_server, silent_mail_server, work

NEW = {"new_password1": "another long password", "new_password2": "another long password"}


def link_in(answer: Any) -> str:
    return re.findall(r'value="(http[^"]+)"', html_escapes.unescape(answer.content.decode()))[0]


def address(cast: Cast, what: str) -> str:
    return f"/people/{cast.member.pk}/{what}/"


def test_the_link_is_shown_once_and_sets_the_password(cast: Cast) -> None:
    client = cast.confirmed("administrator")
    assert "Create link" in client.get(address(cast, "reset-link")).content.decode()
    assert events() == [], "asked first"
    link = link_in(client.post(address(cast, "reset-link")))
    assert "/password/new/" not in client.get(address(cast, "reset-link")).content.decode()
    assert Client().post(link, NEW).status_code == 302
    cast.member.refresh_from_db()
    assert cast.member.check_password("another long password")
    assert events("reset-link-made") == [("admin@acme.example", "reset-link-made", "Ana Costa")]


def test_two_step_verification_is_named_only_if_the_person_has_it(cast: Cast) -> None:
    client, sentence = cast.confirmed("administrator"), "Two-step verification stays on."
    assert sentence not in client.get(address(cast, "reset-link")).content.decode()
    Authenticator.objects.create(user=cast.member, type="totp", data={"secret": "x"})
    assert sentence in client.get(address(cast, "reset-link")).content.decode()


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "operator"}])
def test_the_link_works_while_its_maker_is_administrator(cast: Cast, change: dict[str, Any]) -> None:
    link = link_in(cast.confirmed("administrator").post(address(cast, "reset-link")))
    opened = Client()
    assert opened.get(link).status_code == 200
    User.objects.filter(pk=cast.administrator.pk).update(**change)
    assert opened.post(link, NEW).status_code == opened.get(link).status_code == 410
    cast.member.refresh_from_db()
    assert not cast.member.check_password(NEW["new_password1"])
    marks, own = link.rsplit(".", 1)
    nobodys = marks[: -len(str(cast.administrator.pk))]
    assert opened.get(f"{nobodys}.{own}").status_code == 410, "who made it is not left out of it"


@pytest.mark.parametrize("order", [["reset-link", "second-step"], ["second-step", "reset-link"]])
def test_password_and_two_step_are_reset_in_either_order(cast: Cast, order: list[str]) -> None:
    Authenticator.objects.create(user=cast.member, type="totp", data={"secret": "x"})
    client = cast.confirmed("administrator")
    answers = {what: client.post(address(cast, what)) for what in order}
    assert Client().post(link_in(answers["reset-link"]), NEW).status_code == 302
    theirs = Client()
    signed_in = theirs.post("/sign-in/", {"username": "member@acme.example", "password": NEW["new_password1"]})
    assert signed_in["Location"] == "/"


def test_the_link_is_mailed_if_mail_is_set_up(cast: Cast, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.acme.example"
    with mail_server(settings) as letters:
        answer = cast.confirmed("administrator").post(address(cast, "reset-link"))
        assert "also emailing a link to member@acme.example" in answer.content.decode()
        work()
    (letter,) = letters.kept
    [mailed] = re.findall(r"https://\S+", letter.get_content())
    for link, status in ((mailed, 302), (link_in(answer), 410)):
        assert Client().post(link.removeprefix(settings.PORTAL_URL), NEW).status_code == status


def test_a_mailed_link_is_bound_to_its_maker(cast: Cast, settings: Any) -> None:
    client = cast.confirmed("administrator")
    with mail_server(settings) as letters:
        client.post(address(cast, "reset-link"))
        work()
        client.post(address(cast, "reset-link"))
        User.objects.filter(pk=cast.administrator.pk).update(role="operator")
        work()
    [letter] = letters.kept
    assert Client().get(re.findall(r"http://\S+", letter.get_content())[0]).status_code == 410


def test_a_mail_that_no_server_accepts_is_an_event(cast: Cast, settings: Any) -> None:
    with mail_server(settings) as letters:
        letters.refused = {"member@acme.example"}
        answer = cast.confirmed("administrator").post(address(cast, "reset-link"))
        work()
    assert link_in(answer)
    assert [verb for _, verb, _ in events()] == ["reset-link-made", "reset-link-not-mailed"]


def test_nobody_waits_for_a_silent_mail_server(cast: Cast, settings: Any) -> None:
    began = time.monotonic()
    with silent_mail_server(settings):
        answer = cast.confirmed("administrator").post(address(cast, "reset-link"))
        assert time.monotonic() - began < settings.EMAIL_TIMEOUT
    assert link_in(answer)
    [job] = DBTaskResult.objects.all()
    assert job.args_kwargs["args"] == [cast.administrator.pk, cast.member.pk]


def test_people_of_the_idp_get_no_reset_link(cast: Cast, settings: Any) -> None:
    settings.PASSWORD_SIGN_IN = "administrators"
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://login.example.com", "Acme"
    answer = cast.confirmed("administrator").post(address(cast, "reset-link"))
    assert "signs in with Acme and has no password here." in answer.content.decode()
    assert events() == []


def test_a_lost_two_step_is_removed(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.member, type="totp", data={"secret": "x"})
    client, theirs = cast.confirmed("administrator"), cast.client("member")
    row = client.get("/people/?q=costa").content.decode().split('data-label="Two-step"')[1]
    assert row.split("</td>")[0].strip(">\n ") == "On"
    assert "Reset two-step verification" in client.get(f"/people/{cast.member.pk}/").content.decode()
    client.get(address(cast, "second-step"))
    assert Authenticator.objects.exists(), "asked first"
    html = client.post(address(cast, "second-step"), follow=True).content.decode()
    assert "Two-step verification reset" in html
    assert not Authenticator.objects.exists()
    assert theirs.get("/people/teams/").status_code == 302, "signed out"
    assert "Already up to date" in client.post(address(cast, "second-step"), follow=True).content.decode()
    assert [verb for _, verb, _ in events()] == ["second-step-reset"]


@pytest.mark.parametrize("what", ["reset-link", "second-step", "unlink"])
def test_help_needs_a_confirmation(cast: Cast, what: str) -> None:
    Authenticator.objects.create(user=cast.member, type="totp", data={"secret": "x"})
    client = cast.client("administrator")
    for answer in (client.get(address(cast, what)), client.post(address(cast, what))):
        assert answer["Location"] == f"/account/confirm/?next=%2Fpeople%2F{cast.member.pk}%2F{what}%2F"
    assert events() == []


@pytest.mark.parametrize("what", ["reset-link", "second-step"])
def test_people_who_left_get_no_help(cast: Cast, what: str) -> None:
    User.objects.filter(pk=cast.member.pk).update(is_active=False)
    assert cast.confirmed("administrator").post(address(cast, what)).status_code == 404
