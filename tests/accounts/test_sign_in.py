"""Signing in and out, and what becomes of typed values when a session ends."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.each_case import each_case
from tests.factories import open_workflow

from .two_step import PASSWORD, sign_in


def test_people_sign_in_by_email_whatever_its_case(client: Client, maria: User) -> None:
    assert sign_in(client, "Maria@ACME.example")["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_wrong_password_says_so_and_keeps_the_email(client: Client, maria: User) -> None:
    refused = client.post("/sign-in/", {"username": "maria@acme.example", "password": "wrong"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Incorrect email or password." in html
    assert re.findall(r'<input type="(\w+)"[^>]* autofocus', html) == ["password"]
    assert "maria@acme.example" in html
    assert "wrong" not in html.replace("wrong key", "")


def test_sign_in_returns_to_the_page_but_never_to_another_site(client: Client, maria: User) -> None:
    assert sign_in(client, next="/password/")["Location"] == "/password/"
    assert sign_in(Client(), next="https://evil.example/")["Location"] == "/"


def test_cookies_have_the_attributes_of_their_prefix(client: Client, maria: User, settings: Any) -> None:
    """Browsers refuse a cookie whose name begins with __Host- unless it is Secure, for all paths and for no domain."""
    for name in ("SESSION", "CSRF"):
        setattr(settings, f"{name}_COOKIE_SECURE", True)
        setattr(settings, f"{name}_COOKIE_NAME", f"__Host-portal_{name.lower()}")
    client.get("/sign-in/", secure=True)
    client.post("/sign-in/", {"username": maria.email, "password": PASSWORD}, secure=True)
    client.post("/sign-out/", secure=True)
    bound = {name: cookie for name, cookie in client.cookies.items() if name.startswith("__Host-")}
    assert set(bound) == {"__Host-portal_session", "__Host-portal_csrf"}
    assert {(cookie["secure"], cookie["path"], cookie["domain"]) for cookie in bound.values()} == {(True, "/", "")}


def test_signing_out_is_a_post(client: Client, maria: User) -> None:
    client.force_login(maria)
    assert client.get("/sign-out/").status_code == 405
    left = client.post("/sign-out/", follow=True)
    assert left.redirect_chain == [("/sign-in/", 302)] and "You’re signed out." in left.content.decode()
    assert client.get("/password/").status_code == 302


@pytest.mark.parametrize(("password", "is_taken"), [("eleven-long", False), ("twelve-longer", True)])
def test_a_password_has_at_least_twelve_characters(client: Client, maria: User, password: str, is_taken: bool) -> None:
    client.force_login(maria)
    form = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert client.post("/password/", form).status_code == (302 if is_taken else 422)


def test_createsuperuser_makes_the_first_account(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email="first@acme.example", verbosity=0)
    assert User.objects.get(email="first@acme.example").check_password(PASSWORD)


def test_typed_values_survive_a_session_that_ended(
    client: Client, person: User, saved_key: SavedKey, before_api: Any
) -> None:
    """The session ends while somebody types. They sign in, get the values back, and send them with another click."""
    person.set_password(PASSWORD)
    person.save()
    address = f"/keys/{open_workflow(saved_key).key_id}/workflows/42/tasks/new/"
    typed = {"field-input_text": 'Typed "for" <hours>', "field-target_language": "French", "then": "list"}
    asked = client.post(address, typed)
    assert asked.status_code == 401
    assert "your changes are safe" in asked.content.decode()
    kept = {f"typed:{name}": value for name, value in typed.items()}
    assert all(f'name="{name}"' in asked.content.decode() for name in kept)
    back = sign_in(client, next=address, **kept).content.decode()
    assert "Typed &quot;for&quot; &lt;hours&gt;" in back
    assert f'action="{address}"' in back
    shown = client.post(address, typed | {"restore": "1"}).content.decode()
    assert "Typed &quot;for&quot; &lt;hours&gt;" in shown
    assert not Submission.objects.exists()


def test_a_wrong_password_on_the_way_does_not_lose_them(client: Client, maria: User) -> None:
    form = {"username": "maria@acme.example", "password": "wrong", "next": "/x/", "typed:field-a": "precious"}
    assert "precious" in client.post("/sign-in/", form).content.decode()


def test_a_pasted_key_is_never_carried_in_a_page(client: Client, maria: User) -> None:
    """S38: the form that holds a key is not carried through the sign-in."""
    secret = "pk_live_" + "ab" * 20
    answer = client.post("/keys/", {"name": "Acme", "key": secret}, follow=True)
    assert secret not in answer.content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(maria)
    refused = strict.post("/keys/", {"name": "Acme", "key": secret})
    assert refused.status_code == 403
    assert secret not in refused.content.decode()


def test_a_fragment_without_a_session_says_so(client: Client, maria: User) -> None:
    headers = {"HX-Request": "true", "HX-Target": "task-page", "HX-Current-URL": "http://testserver/keys/1/x/?a=1"}
    note = client.get("/keys/1/workflows/42/tasks/", headers=headers)
    assert note.status_code == 401
    assert note["HX-Retarget"] == "#page-notice"
    assert "/sign-in/?next=/keys/1/x/%3Fa%3D1" in note.content.decode()


@each_case("address", ["99", "nowhere", "accounts:account", "https://evil.example/", "//evil.example/"])
def test_a_confirmation_redirects_to_the_portal_only(client: Client, maria: User, address: str) -> None:
    sign_in(client)
    shown = client.post("/account/confirm/", {"password": PASSWORD, "next": address})
    assert (shown.status_code, shown["Location"]) == (302, "/account/")
