"""Two-step verification: required in every way to sign in, accepted once, and throttled."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client

from pipelines_portal.accounts import sign_in as accounts_sign_in
from pipelines_portal.accounts import two_step
from pipelines_portal.accounts.models import Session, User
from pipelines_portal.audit.models import Event
from pipelines_portal.core.sign_in_throttle.throttle import ACCOUNT_TRIES, CODE_TRIES
from tests.factories import make_person
from tests.pages import text_of

from .two_step import PASSWORD, code_of, give_app, set_up_app, sign_in


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def verbs() -> list[str]:
    return list(Event.objects.order_by("id").values_list("verb", flat=True))


def test_the_password_alone_does_not_sign_in_people_with_an_app(client: Client, maria: User) -> None:
    secret, _ = give_app(maria)
    assert sign_in(client)["Location"] == "/sign-in/code/"
    assert SESSION_KEY not in client.session
    assert not is_in(client)
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    assert not is_in(client)
    assert client.post("/sign-in/code/", {"code": code_of(secret)})["Location"] == "/"
    assert is_in(client)
    assert Event.objects.filter(verb="signed-in").first().detail == {"how": "password, totp"}


def test_the_two_step_needs_the_first(client: Client, maria: User) -> None:
    secret, _ = give_app(maria)
    for answer in (client.get("/sign-in/code/"), client.post("/sign-in/code/", {"code": code_of(secret)})):
        assert answer["Location"] == "/sign-in/"
    assert not is_in(client)


def test_a_code_is_used_once(client: Client, maria: User) -> None:
    secret, _ = give_app(maria)
    sign_in(client)
    code = code_of(secret)
    assert client.post("/sign-in/code/", {"code": code}).status_code == 302
    elsewhere = Client()
    sign_in(elsewhere)
    again = elsewhere.post("/sign-in/code/", {"code": code})
    assert again.status_code == 422
    assert "Incorrect or expired code." in again.content.decode()
    assert elsewhere.post("/sign-in/code/", {"code": code_of(secret, 1)}).status_code == 302


def test_a_code_with_a_gap_in_it_is_the_same_code(client: Client, maria: User) -> None:
    """Some apps show a gap."""
    secret, _ = give_app(maria)
    sign_in(client)
    code = code_of(secret)
    assert client.post("/sign-in/code/", {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    elsewhere = Client()
    sign_in(elsewhere)
    assert elsewhere.post("/sign-in/code/", {"code": code}).status_code == 422


def test_a_recovery_code_stands_in_for_the_app_once(client: Client, maria: User) -> None:
    _, codes = give_app(maria)
    sign_in(client)
    assert len(set(codes)) == 10
    assert client.post("/sign-in/code/", {"code": codes[3]}).status_code == 302
    assert "9 of 10 left" in client.get("/account/").content.decode()
    elsewhere = Client()
    sign_in(elsewhere)
    assert elsewhere.post("/sign-in/code/", {"code": codes[3]}).status_code == 422


def test_guessing_codes_is_slowed(maria: User) -> None:
    secret, _ = give_app(maria)
    guesser = Client(REMOTE_ADDR="203.0.113.66")
    sign_in(guesser)
    answers = [guesser.post("/sign-in/code/", {"code": f"00000{number}"}) for number in range(ACCOUNT_TRIES + 1)]
    assert [answer.status_code for answer in answers] == [422] * ACCOUNT_TRIES + [429]
    assert 290 < int(answers[-1]["Retry-After"]) <= 300
    assert "Too many attempts" in text_of(answers[-1])
    assert guesser.post("/sign-in/code/", {"code": code_of(secret)}).status_code == 429, "also the right one"
    assert not is_in(guesser)
    assert verbs().count("sign-in-slowed") == 1


def test_guessing_codes_from_many_addresses_is_stopped_for_the_account(maria: User) -> None:
    """Only somebody who knows the password is asked for a code, so no stranger can use up this limit."""
    secret, _ = give_app(maria)
    answers = []
    for number in range(CODE_TRIES + 1):
        guesser = Client(REMOTE_ADDR=f"203.0.113.{number}")
        sign_in(guesser)
        answers.append(guesser.post("/sign-in/code/", {"code": "000000"}))
    assert [answer.status_code for answer in answers] == [422] * CODE_TRIES + [429]
    assert 3500 < int(answers[-1]["Retry-After"]) <= 3600
    client = Client()
    sign_in(client)
    assert client.post("/sign-in/code/", {"code": code_of(secret)}).status_code == 429


def test_right_codes_do_not_count(maria: User) -> None:
    _, codes = give_app(maria)
    for code in codes:
        client = Client()
        sign_in(client)
        assert client.post("/sign-in/code/", {"code": code}).status_code == 302


def test_a_password_change_ends_a_waiting_sign_in(client: Client, maria: User) -> None:
    secret, _ = give_app(maria)
    sign_in(client)
    maria.set_password("another long password")
    maria.save()
    assert client.post("/sign-in/code/", {"code": code_of(secret)})["Location"] == "/sign-in/"
    assert not is_in(client)


def test_a_deactivation_ends_a_waiting_sign_in(client: Client, maria: User) -> None:
    secret, _ = give_app(maria)
    sign_in(client)
    User.objects.update(is_active=False)
    refused = client.post("/sign-in/code/", {"code": code_of(secret)})
    assert refused.status_code == 403
    assert "deactivated" in refused.content.decode()


def test_an_invitation_does_not_bypass_the_two_step(client: Client, rf: Any, maria: User) -> None:
    give_app(maria)
    from allauth.core.context import request_context

    request = rf.get("/")
    request.session = client.session
    request.user = type("Anonymous", (), {"is_authenticated": False, "is_anonymous": True})()
    with request_context(request):
        answer = accounts_sign_in.sign_in(request, maria, how="invitation")
    assert answer["Location"] == "/sign-in/code/"
    assert SESSION_KEY not in request.session


def test_typed_values_survive_the_two_step(client: Client, maria: User) -> None:
    """The pages carry the values: after the password, the code, and a wrong code."""
    secret, _ = give_app(maria)
    kept = {"next": "/keys/1/workflows/", "typed:workflow": 'Typed "for" <hours>'}
    asked = sign_in(client, **kept)
    assert asked.status_code == 200
    for page in (asked, client.post("/sign-in/code/", {"code": "000000"} | kept)):
        assert 'name="typed:workflow" value="Typed &quot;for&quot; &lt;hours&gt;"' in page.content.decode()
        assert 'name="code"' in page.content.decode()
    back = client.post("/sign-in/code/", {"code": code_of(secret)} | kept).content.decode()
    assert 'action="/keys/1/workflows/"' in back
    assert "Typed &quot;for&quot; &lt;hours&gt;" in back
    assert is_in(client)
    assert "Typed" not in "".join(str(session.get_decoded()) for session in Session.objects.all())


def test_one_can_sign_in_as_somebody_else_instead(client: Client, maria: User) -> None:
    give_app(maria)
    make_person("eve@acme.example", PASSWORD)
    sign_in(client)
    assert client.get("/sign-in/")["Location"] == "/sign-in/code/"
    assert sign_in(client, "eve@acme.example")["Location"] == "/"
    assert client.get("/account/").context["user"].email == "eve@acme.example"


def test_no_secret_is_in_the_database_in_plain_text(maria: User) -> None:
    client = Client()
    sign_in(client)
    page = client.get("/account/authenticator/").content.decode()
    secret, codes = set_up_app(client)
    assert secret in "".join(page.split())
    text = everything_in_the_database()
    assert not [code for code in [secret, *codes] if code in text]


def everything_in_the_database() -> str:
    """Return every text and byte of every table, with decoded sessions."""
    parts = [str(session.get_decoded()) for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            parts += [str(row) for row in cursor.fetchall()]
    return "\n".join(parts)


def having() -> list[User]:
    """Return the people with two-step verification, as a list of people finds them."""
    return list(User.objects.filter(two_step.HAS_TWO_STEP))


def test_an_administrator_resets_a_lost_two_step(client: Client, maria: User) -> None:
    secret, _ = give_app(maria)
    boss = User.objects.create_superuser("boss@acme.example", PASSWORD)
    assert having() == [maria]
    sign_in(client)
    client.post("/sign-in/code/", {"code": code_of(secret)})
    two_step.reset_two_step_methods(maria, boss)
    assert not is_in(client)
    assert having() == []
    assert sign_in(client)["Location"] == "/"
    event = Event.objects.get(verb="second-step-reset")
    assert (event.actor_email, event.target_id) == ("boss@acme.example", str(maria.pk))
