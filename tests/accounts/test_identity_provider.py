"""Signing in through an OpenID Connect provider: who comes in, and whose account they come into."""

import json
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.signals import newcomer_arrived
from pipelines_portal.audit.models import Event
from tests.factories import make_person
from tests.pages import text_of

from .identity_provider import is_in, through
from .software_passkey import HOST, SoftwarePasskey, new_passkey, software_passkey
from .two_step import PASSWORD, code_of, give_app, sign_in


def test_there_is_a_button_when_there_is_an_idp(client: Client, oidc: Any) -> None:
    assert "Sign in with Acme SSO" in text_of(client.get("/sign-in/"))
    oidc.OIDC_ISSUER = ""
    assert "Sign in with Acme SSO" not in text_of(client.get("/sign-in/"))
    assert client.post("/sign-in/oidc/").status_code == client.get("/sign-in/oidc/callback/").status_code == 404


def test_a_newcomer_of_the_domain_signs_in_twice(client: Client, oidc: Any) -> None:
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


@pytest.mark.parametrize("sub", ["unverified", "nobody"])
def test_an_unverified_email_is_refused(client: Client, oidc: Any, sub: str) -> None:
    make_person("maria@acme.example", PASSWORD)
    refused = through(client, sub)
    assert refused.status_code == 403
    assert "verified your email" in text_of(refused)
    assert not is_in(client)
    assert Event.objects.get().verb == "sign-in-refused"
    assert not SocialAccount.objects.exists()


def test_a_linked_person_signs_in_with_any_email(client: Client, oidc: Any) -> None:
    """Linked people are known by identity provider and `sub`, because anybody may be able to change the email there."""
    through(client, "maria")
    for sub in ("elsewhere", "nobody"):
        SocialAccount.objects.update(uid=sub)
        browser = Client()
        assert through(browser, sub).status_code == 302
        assert "maria@acme.example" in text_of(browser.get("/account/"))
    assert User.objects.count() == 1


def test_an_idp_can_be_trusted_with_the_emails_of_its_people(client: Client, oidc: Any) -> None:
    assert through(client, "silent").status_code == 403
    oidc.OIDC_TRUST_EMAIL = True
    assert through(client, "unverified").status_code == 403, "a no is a no"
    assert through(client, "silent").status_code == 302
    assert User.objects.get().email == "maria@acme.example"


def test_another_claim_may_hold_the_email(client: Client, oidc: Any) -> None:
    oidc.OIDC_TRUST_EMAIL, oidc.OIDC_EMAIL_CLAIM = True, "preferred_username"
    assert through(client, "entra").status_code == 302
    assert User.objects.get().email == "m.weber@acme.example"


def test_people_of_other_domains_need_an_invitation(client: Client, oidc: Any) -> None:
    refused = through(client, "elsewhere")
    assert refused.status_code == 403
    assert "Ask your administrator to invite you" in text_of(refused)
    assert not User.objects.exists()

    def invited(email: str, **more: Any) -> bool:
        return email == "eve@else.example"

    newcomer_arrived.connect(invited)
    try:
        assert through(client, "elsewhere").status_code == 302
    finally:
        newcomer_arrived.disconnect(invited)
    assert User.objects.get().email == "eve@else.example"


def test_people_with_an_account_sign_in_from_any_domain(client: Client, oidc: Any) -> None:
    oidc.OIDC_DOMAINS = []
    make_person("eve@else.example")
    assert through(client, "elsewhere").status_code == 302


def test_an_existing_account_is_linked_and_unchanged(client: Client, oidc: Any, maria: User) -> None:
    elsewhere = Client()
    sign_in(elsewhere)
    assert through(client, "maria").status_code == 302
    assert User.objects.count() == 1
    maria.refresh_from_db()
    assert maria.check_password(PASSWORD)
    assert is_in(elsewhere) and is_in(client)


def test_the_idp_does_not_bypass_the_two_step(client: Client, oidc: Any, maria: User) -> None:
    secret, _ = give_app(maria)
    assert through(client, "maria", "/submissions/")["Location"] == "/sign-in/code/"
    assert not is_in(client)
    assert "s3cret-of-the-client" not in str(dict(client.session)) and not SocialToken.objects.exists()
    assert "token" not in client.session["account_login"]["signal_kwargs"]["sociallogin"]
    assert client.post("/sign-in/code/", {"code": code_of(secret)})["Location"] == "/submissions/"
    assert Event.objects.first().detail == {"how": "oidc, totp"}


def test_the_setting_of_the_two_step_holds_after_the_idp(client: Client, oidc: Any, maria: User) -> None:
    oidc.REQUIRE_SECOND_FACTOR = "everybody"
    through(client, "maria")
    assert client.get("/submissions/")["Location"] == "/account/second-step/"


def test_someone_deactivated_is_refused(client: Client, oidc: Any, maria: User) -> None:
    User.objects.update(is_active=False)
    refused = through(client, "maria")
    assert refused.status_code == 403
    assert "deactivated" in text_of(refused)


def test_passwords_can_be_left_to_administrators(client: Client, oidc: Any, maria: User) -> None:
    oidc.PASSWORD_SIGN_IN = "administrators"
    refused = sign_in(client)
    assert refused.status_code == 422
    assert "use Acme SSO instead" in text_of(refused)
    assert not is_in(client)
    through(client, "maria")
    assert "You sign in with Acme SSO." in text_of(client.get("/account/"))
    assert client.post("/password/", {}).status_code == 403
    User.objects.update(role="administrator")
    boss = Client()
    assert sign_in(boss)["Location"] == "/"


def test_a_right_password_that_may_not_be_used_looks_wrong(client: Client, oidc: Any, maria: User) -> None:
    oidc.PASSWORD_SIGN_IN = "administrators"
    right = sign_in(client)
    wrong = client.post("/sign-in/", {"username": "maria@acme.example", "password": "not her password"})
    unknown = client.post("/sign-in/", {"username": "nobody@acme.example", "password": "not her password"})
    pages = [without_tokens(answer).replace("nobody@", "maria@") for answer in (right, wrong, unknown)]
    assert pages[0] == pages[1] == pages[2]
    assert [*Event.objects.values_list("verb", "detail")] == [("sign-in-refused", {"reason": "password"})] * 3


def without_tokens(answer: Any) -> str:
    return re.sub(r"\w{64}", "token", text_of(answer))


def test_a_passkey_alone_is_left_to_administrators_as_well(oidc: Any, maria: User) -> None:
    oidc.PASSWORD_SIGN_IN = "administrators"
    passkey = software_passkey(maria)
    browser = Client(headers={"host": HOST})
    refused = sign_in_with(passkey, browser)
    assert refused.status_code == 403
    assert "Only administrators sign in with a passkey. Sign in with Acme SSO instead." in text_of(refused)
    assert not is_in(browser)
    User.objects.update(role="administrator")
    assert sign_in_with(passkey, browser).status_code == 302


def sign_in_with(passkey: SoftwarePasskey, browser: Client) -> Any:
    browser.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    signed = passkey.signed(browser.session["mfa.webauthn.state"]["challenge"], verified=True)
    return browser.post("/sign-in/passkey/", {"credential": signed})


def test_people_of_the_idp_add_passkeys_as_their_two_step_only(oidc: Any, maria: User) -> None:
    oidc.PASSWORD_SIGN_IN = "administrators"
    browser = Client(headers={"host": HOST})
    through(browser, "maria")
    assert "This passkey alone" not in text_of(browser.get("/account/passkey/"))
    made = json.dumps(new_passkey(maria).made(browser.session["mfa.webauthn.state"]["challenge"]))
    answer = browser.post("/account/passkey/", {"name": "Laptop", "credential": made, "passwordless": "on"})
    assert answer.status_code == 200
    assert "Requires your password" in text_of(browser.get("/account/"))


def test_a_session_at_the_idp_does_not_count_as_a_fresh_sign_in(client: Client, oidc: Any) -> None:
    """Otherwise somebody at an unlocked screen could sign out and in again without a password."""
    maria = make_person("maria@acme.example", role="administrator")
    other = make_person("other@acme.example")
    through(client, "idle")
    assert is_in(client)
    assert client.post(f"/people/{other.pk}/role/", {"role": "administrator"}).status_code == 401
    other.refresh_from_db()
    assert (other.role, maria.role) == ("operator", "administrator")


@pytest.mark.parametrize("sub", ["untimed", "idle"])
def test_a_confirmation_needs_a_fresh_sign_in_at_the_idp(client: Client, oidc: Any, sub: str) -> None:
    """A session at the identity provider is not enough, because an unlocked computer has one."""
    through(client, sub)
    sent = client.post("/sign-in/oidc/", {"next": "/account/authenticator/"})
    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    refused = through(client, sub, "/account/authenticator/")
    assert refused.status_code == 403
    assert "Acme SSO didn’t ask you to sign in again." in text_of(refused)
    assert is_in(client), "as before"


def test_someone_without_a_password_confirms_by_signing_in_again(client: Client, oidc: Any, monkeypatch: Any) -> None:
    now = time.time
    through(client, "newcomer")
    with monkeypatch.context() as patch:
        patch.setattr("time.time", lambda: now() + 11 * 60)
        assert client.get("/account/authenticator/")["Location"].startswith("/account/confirm/")
        assert "Sign in with Acme SSO" in text_of(client.get("/account/confirm/?next=/account/authenticator/"))
    assert through(client, "newcomer", "/account/authenticator/")["Location"] == "/account/authenticator/"
