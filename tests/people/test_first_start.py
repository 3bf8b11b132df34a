"""The setup link: the first administrator creates their account in the browser, once."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.core.first_start import SetupFinished, setup_code
from pipelines_portal.people.first_start import create_first_administrator, link
from pipelines_portal.people.models import FirstAdministrator
from tests.each_case import each_case
from tests.factories import make_person
from tests.people.cast import events

EMAIL, PASSWORD = "maria@acme.example", "correct horse battery"
FORM = {"name": "Maria Weber", "email": EMAIL, "password": PASSWORD}
pytestmark = pytest.mark.usefixtures("db", "static_root")


def post(client: Client | None = None, **form: str) -> Any:
    return (client or Client()).post("/setup/", FORM | {"code": setup_code()} | form)


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_link_is_there_until_there_is_an_administrator(settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example.com"
    assert link() == f"https://portal.example.com/setup/?code={setup_code()}"
    settings.PORTAL_URL, settings.PORT = "", 8123
    assert link() == f"http://localhost:8123/setup/?code={setup_code()}"
    make_person("ana@acme.example", role=Role.OPERATOR)
    assert link() != "", "she signed in through the identity provider"
    make_person("demo@example.com", role=Role.ADMINISTRATOR, is_demo=True)
    assert link() == ""
    settings.DEMO_IS_ON = False
    assert link() != "", "nobody can sign in with that account"
    make_person("maria@acme.example", role=Role.ADMINISTRATOR)
    assert link() == ""


def test_somebody_who_signed_in_before_keeps_their_account() -> None:
    make_person(EMAIL, role=Role.OPERATOR)
    answer = post()
    assert answer.status_code == 422 and "An account with this email exists." in text_of(answer)
    assert post(email="lena@acme.example").status_code == 302
    assert User.objects.get(email=EMAIL).role == Role.OPERATOR


def test_the_command_and_the_log_have_the_link(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("setup_link")
    assert capsys.readouterr().out == f"{link()}\n"


def test_the_form_creates_an_administrator_who_is_signed_in() -> None:
    client = Client()
    page = text_of(client.get(link()))
    assert f'<input type="hidden" name="code" value="{setup_code()}">' in page
    assert 'action="/setup/"' in page
    answer = post(client, email="Maria@Acme.example ")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    person = User.objects.get()
    assert (person.email, person.name, person.role) == (EMAIL, "Maria Weber", Role.ADMINISTRATOR)
    assert person.check_password(PASSWORD)
    assert events() == [(EMAIL, "person-made", "Maria Weber"), (EMAIL, "signed-in", "Maria Weber")]
    home = client.get("/")
    assert home.wsgi_request.user == person
    assert "Connect Pipelines" in text_of(home) and 'href="/keys/">Add key</a>' in text_of(home)


def test_the_audit_log_has_it_in_a_sentence() -> None:
    client = Client()
    post(client)
    page = re.sub("<[^>]+>", "", client.get("/people/events/").content.decode())
    assert f"{EMAIL} created an account with the setup link" in " ".join(page.split())


def test_the_sign_in_asks_for_a_two_step_as_after_an_invitation(settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "administrators"
    client = Client()
    post(client)
    assert client.get("/")["Location"].startswith("/account/second-step/")


@each_case(
    ("form", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Maria\u202eWeber"}, "Remove line breaks and invisible characters."),
        ({"email": ""}, "This field is required."),
        ({"email": "maria@acme"}, "Enter an email address such as ana@example.com."),
        ({"email": f"{'m' * 250}@acme.example"}, "at most 254 characters"),
        ({"password": ""}, "This field is required."),
        ({"password": EMAIL}, "too similar to the email"),
    ],
)
def test_an_invalid_form_has_errors_and_keeps_all_but_the_password(form: dict[str, str], words: str) -> None:
    answer = post(**form)
    page = text_of(answer)
    assert answer.status_code == 422 and words in page
    for name in ("name", "email"):
        value = form.get(name, FORM[name])
        assert not value or f'value="{value}"' in page
    assert f'value="{setup_code()}"' in page
    assert f'value="{form.get("password") or PASSWORD}"' not in page.replace(f'name="email" value="{EMAIL}"', "")
    assert not User.objects.exists() and not FirstAdministrator.objects.exists()
    assert post().status_code == 302, "the link goes on working"


@pytest.mark.parametrize("code", ["", "x", "ö", "\ud800", "0" * 40])
def test_another_code_opens_nothing(code: str) -> None:
    query = {"code": code.encode(errors="surrogatepass")}
    answers = [Client().get("/setup/", query), Client().get("/setup/"), Client().post("/setup/", FORM | query)]
    for answer in answers:
        assert answer.status_code == 404
        assert "It’s in the log of the portal" in text_of(answer)
        assert "<form" not in text_of(answer) and "Sign in" not in text_of(answer)
    assert not User.objects.exists()


def test_the_code_in_the_address_alone_creates_nothing() -> None:
    assert Client().post(f"/setup/?code={setup_code()}", FORM).status_code == 404


@pytest.mark.parametrize("code", ["", "x", None])
def test_with_an_administrator_the_setup_is_finished(code: str | None) -> None:
    address = link()
    make_person("ana@acme.example", role=Role.ADMINISTRATOR)
    for answer in (Client().get(address if code is None else f"/setup/?code={code}"), post()):
        assert answer.status_code == 410
        assert "<h1>Setup is finished</h1>" in text_of(answer) and 'href="/sign-in/">Sign in</a>' in text_of(answer)
    assert User.objects.count() == 1


def test_a_deactivated_account_is_one_too() -> None:
    address = link()
    make_person("ana@acme.example", role=Role.ADMINISTRATOR, is_active=False)
    assert Client().get(address).status_code == 410


def test_the_page_is_not_cached_and_sends_no_referrer() -> None:
    answer = Client().get(link())
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_only_one_row_says_that_it_was_used() -> None:
    create_first_administrator("Maria", EMAIL, PASSWORD)
    User.objects.all().delete()
    with pytest.raises(SetupFinished):
        create_first_administrator("Ana", "ana@acme.example", PASSWORD)
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_forms_create_one_administrator() -> None:
    barrier = Barrier(4)

    def create(name: str) -> int:
        try:
            barrier.wait(timeout=10)
            return int(post(name=name, email=f"{name}@acme.example").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        came = sorted(pool.map(create, ["ana", "ben", "carl", "dora"]))
    assert came == [302, 410, 410, 410]
    assert User.objects.count() == 1
    assert len(events("person-made")) == 1


def test_the_sign_in_page_says_where_the_link_is() -> None:
    words = "This portal has no accounts yet. Open the setup link in the log of the portal."
    assert words in text_of(Client().get("/sign-in/"))
    make_person("ana@acme.example", role=Role.ADMINISTRATOR)
    assert words not in text_of(Client().get("/sign-in/"))


def test_the_code_is_in_no_log_event_or_session(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    client = Client()
    client.get(link())
    post(client, password="short")
    post(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT detail, target_label FROM audit_event")
        stored += str(cursor.fetchall())
    messages = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert setup_code() not in stored + "".join(messages)
