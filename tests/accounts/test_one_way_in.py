"""There is one way in: nothing but the adapter signs anybody in, and nothing but our pages is routed."""

import ast
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import NoReverseMatch, reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.core.sign_in_throttle.throttle import ACCOUNT_TRIES
from tests.each_case import each_case

from .two_step import give_app

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = [path for path in (PROJECT / "pipelines_portal").rglob("*.py") if "external_api" not in path.parts]
# The External API's pages have no two-step verification: only they use it.
OTHER_PROGRAMS = {"core/sign_in_throttle/views.py"}


def names_imported(path: Path) -> set[str]:
    """Return what a module imports by `from`, if it names the two libraries at all."""
    text = path.read_text()
    if "allauth" not in text and "django.contrib.auth" not in text:
        return set()
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{name.name}" for node in imports for name in node.names}


def test_no_code_of_the_portal_calls_login_of_django() -> None:
    calling = [path for path in ROOMS if "django.contrib.auth.login" in names_imported(path)]
    assert {path.relative_to(PROJECT / "pipelines_portal").as_posix() for path in calling} == OTHER_PROGRAMS
    assert not [
        path for path in ROOMS if "ThrottledLoginView" in path.read_text() and "sign_in_throttle" not in path.parts
    ]


def test_no_internal_module_of_allauth_is_imported() -> None:
    """Internal modules of allauth may change with any release."""
    names = {name for path in ROOMS for name in names_imported(path) if name.startswith("allauth.")}
    assert names and not [name for name in names if "internal" in name.split(".") or "._" in name]


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_email", "account_reset_password", "account_logout", "mfa_index", "mfa_activate_totp",
     "mfa_list_webauthn", "mfa_signup_webauthn", "socialaccount_signup", "socialaccount_connections"],
)  # fmt: skip
def test_no_view_of_allauth_has_a_url(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


CREDENTIALS = [
    "1" * 4301, "[" * 100_000,
    "", "x", "[]", "{}", "null", "7", '"text"', '{"id": 1}', '{"response": []}', '{"response": {"userHandle": "MQ"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA",'
    '"signature":"AA","userHandle":"MQ"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA",'
    '"signature":"AA","userHandle":"4pyT"}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2M"}}',
]  # fmt: skip


@each_case("credential", CREDENTIALS)
def test_a_forged_passkey_is_refused(client: Client, maria: User, credential: str) -> None:
    client.get("/sign-in/passkey/", headers={"Accept": "application/json"})
    refused = client.post("/sign-in/passkey/", {"credential": credential})
    assert refused.status_code == 422
    assert "Not signed in" in refused.content.decode()


def test_a_forged_passkey_is_refused_after_the_password(client: Client, maria: User) -> None:
    """As two-step verification, and when one is added."""
    give_app(maria)
    client.post("/sign-in/", {"username": maria.email, "password": "a long enough password"})
    for credential in ("[]", CREDENTIALS[-2], CREDENTIALS[-1]):
        client.get("/sign-in/code/")
        assert client.post("/sign-in/code/", {"credential": credential}).status_code == 422
        assert client.get("/account/").status_code == 302
    Authenticator.objects.all().delete()
    client.post("/sign-in/", {"username": maria.email, "password": "a long enough password"})
    for credential in CREDENTIALS:
        client.get("/account/passkey/")
        assert client.post("/account/passkey/", {"credential": credential}).status_code == 422


def test_a_code_cannot_be_compared_when_its_key_is_gone(client: Client, maria: User, settings: Any) -> None:
    give_app(maria)
    from cryptography.fernet import Fernet

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    client.post("/sign-in/", {"username": maria.email, "password": "a long enough password"})
    refused = client.post("/sign-in/code/", {"code": "123456"})
    assert refused.status_code == 422
    assert "missing from ENCRYPTION_KEYS" in " ".join(refused.content.decode().split())


def test_a_flood_of_refusals_leaves_a_few_events(client: Client, db: None, static_root: None) -> None:
    answers = [client.post("/sign-in/passkey/", {"credential": "{}"}) for _ in range(ACCOUNT_TRIES + 10)]
    assert {answer.status_code for answer in answers} == {422}
    assert Event.objects.filter(verb="sign-in-refused").count() == ACCOUNT_TRIES
    Client(REMOTE_ADDR="203.0.113.66").post("/sign-in/passkey/", {"credential": "{}"})
    assert Event.objects.filter(verb="sign-in-refused").count() == ACCOUNT_TRIES + 1, "counted by where they come from"
