"""A new password by a link: the same answer for everybody, used once, and it walks past nothing."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from pipelines_portal.accounts import passwords
from pipelines_portal.accounts.models import Session, User
from pipelines_portal.audit.models import Event
from tests.each_case import each_case
from tests.pages import text_of
from tests.statements import before_statement

from .two_step import PASSWORD, give_app, sign_in

NEW = {"new_password1": "another long password", "new_password2": "another long password"}


def ask(client: Client, email: str = "maria@acme.example") -> Any:
    return client.post("/password/forgotten/", {"email": email})


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def test_the_link_comes_by_mail_and_sets_the_password(
    client: Client, maria: User, mail: None, mailoutbox: list[Any]
) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    ask(client, "Maria@Acme.example")
    [sent] = mailoutbox
    assert sent.to == ["maria@acme.example"]
    link = re.search(r"http://\S+", sent.body)[0]
    assert "maria@acme.example" in text_of(client.get(path_of(link)))
    done = client.post(path_of(link), NEW, follow=True)
    assert "Password changed. Sign in with your new password." in text_of(done)
    maria.refresh_from_db()
    assert maria.check_password("another long password")
    assert elsewhere.get("/keys/").status_code == 302, "signed out there"
    assert client.get("/keys/").status_code == 302, "the link alone signs nobody in"
    assert [*Event.objects.values_list("verb", flat=True)][:2] == ["password-reset", "password-reset-asked"]


def test_the_page_of_a_link_is_not_cached(client: Client, maria: User) -> None:
    for path in (passwords.reset_path(maria), "/password/new/MQ/no-link/"):
        assert "no-store" in client.get(path)["Cache-Control"]


def test_the_response_reveals_no_account(client: Client, maria: User, mail: None, mailoutbox: list[Any]) -> None:
    known, unknown = ask(client), ask(client, "nobody@acme.example")
    assert known.status_code == unknown.status_code == 200
    known_text, unknown_text = (re.sub(r"[A-Za-z0-9]{64}", "token", text_of(answer)) for answer in (known, unknown))
    assert known_text.replace("maria@", "nobody@") == unknown_text
    assert len(mailoutbox) == 1


def test_no_queue_holds_a_link(client: Client, maria: User, settings: Any) -> None:
    settings.MAIL_IS_ON = True
    ask(client)
    [job] = DBTaskResult.objects.all()
    assert job.args_kwargs["args"] == ["maria@acme.example"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}])
def test_people_without_passwords_get_no_mail(
    client: Client, maria: User, mail: None, mailoutbox: list[Any], change: dict[str, Any]
) -> None:
    User.objects.update(**change)
    assert ask(client).status_code == 200
    assert mailoutbox == []


def test_asking_is_slowed(client: Client, maria: User, mail: None, mailoutbox: list[Any]) -> None:
    answers = [ask(client) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 290 < int(answers[-1]["Retry-After"]) <= 300
    assert "maria@acme.example" in text_of(answers[-1])
    assert len(mailoutbox) == 5
    assert sign_in(client).status_code == 302, "and the sign-in is not"


def test_without_mail_the_page_says_whom_to_ask(client: Client, db: None, static_root: None) -> None:
    assert "Ask your administrator" in text_of(client.get("/password/forgotten/"))
    assert "Ask your administrator" in text_of(ask(client))


def test_a_link_works_once(client: Client, maria: User) -> None:
    path = passwords.reset_path(maria)
    assert client.post(path, NEW).status_code == 302
    again = Client().post(path, {"new_password1": "a third long password", "new_password2": "a third long password"})
    assert again.status_code == 410
    assert "already used or has expired" in text_of(again)
    maria.refresh_from_db()
    assert maria.check_password("another long password")


def test_one_of_two_concurrent_requests_sets_the_password(maria: User) -> None:
    uid, token = passwords.reset_path(maria).strip("/").split("/")[-2:]
    with before_statement("UPDATE accounts_user", lambda: passwords.set_password(uid, token, "the faster password")):
        assert passwords.set_password(uid, token, "the slower password") is None
    maria.refresh_from_db()
    assert maria.check_password("the faster password")


def test_a_link_works_for_an_hour(client: Client, maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now, path = datetime.now(), passwords.reset_path(maria)

    class Later(datetime):
        minutes = 59

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now + timedelta(minutes=cls.minutes)

    monkeypatch.setattr("django.contrib.auth.tokens.datetime", Later)
    assert client.get(path).status_code == 200
    Later.minutes = 61
    assert client.get(path).status_code == 410


FAR = "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA"


@each_case("marks", ["MQ/x-y", "%F0/x", "zzzz/a", f"{FAR}/a-b", "LTE/a-b", "MQ/1.a-b", "MQ/x.a-b"])
def test_a_forged_link_does_not_work(client: Client, maria: User, marks: str) -> None:
    path = f"/password/new/{marks}/"
    assert client.get(path).status_code == 410
    assert client.post(path, NEW).status_code == 410


def test_a_short_password_is_refused(client: Client, maria: User) -> None:
    short = {"new_password1": "eleven-long", "new_password2": "eleven-long"}
    assert client.post(passwords.reset_path(maria), short).status_code == 422


def test_a_link_ends_when_the_role_changes(client: Client, maria: User) -> None:
    path = passwords.reset_path(maria)
    User.objects.update(role="administrator")
    assert client.post(path, NEW).status_code == 410


def test_a_link_keeps_the_two_step(client: Client, maria: User) -> None:
    give_app(maria)
    maria.refresh_from_db()
    client.post(passwords.reset_path(maria), NEW)
    answer = client.post("/sign-in/", {"username": "maria@acme.example", "password": "another long password"})
    assert answer["Location"] == "/sign-in/code/"


def test_an_administrator_copies_a_link(rf: Any, maria: User, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example"
    assert passwords.reset_link(maria, rf.get("/")).startswith("https://portal.example/password/new/")
    settings.PORTAL_URL = ""
    assert passwords.reset_link(maria, rf.get("/")).startswith("http://testserver/password/new/")


def test_a_reset_ends_the_sessions(maria: User) -> None:
    sign_in(Client())
    maria.refresh_from_db()
    uid, token = passwords.reset_path(maria).strip("/").split("/")[-2:]
    passwords.set_password(uid, token, "another long password")
    assert not Session.objects.filter(user=maria).exists()
    assert PASSWORD not in str([*Event.objects.values()])
