"""An OpenID Connect provider: a real one over HTTP, whose people say what the test lets them say."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread

PEOPLE = {
    "maria": {"email": "Maria@acme.example", "email_verified": True, "name": "Maria Weber"},
    "recycled": {"email": "maria@acme.example", "email_verified": True, "name": "Maria Other"},
    "newcomer": {"email": "nora@acme.example", "email_verified": True, "name": "Nora New", "groups": ["labelers"]},
    "left-labelers": {"email": "nora@acme.example", "email_verified": True, "groups": []},
    "unverified": {"email": "maria@acme.example", "email_verified": False},
    "silent": {"email": "maria@acme.example"},
    "elsewhere": {"email": "eve@else.example", "email_verified": True},
    "nobody": {},
    # As Microsoft Entra ID has it: no email_verified.
    "entra": {"email": "maria@acme.example", "xms_edov": "1", "preferred_username": "m.weber@acme.example"},
    # Signed in at the identity provider long before, without a time. All others did just now.
    "idle": {"email": "maria@acme.example", "email_verified": True, "auth_time": int(time.time()) - 3600},
    "untimed": {"email": "maria@acme.example", "email_verified": True, "auth_time": None},
}


@pytest.fixture(scope="session")
def idp() -> Iterator[str]:
    people = [Claims(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def oidc(settings: Any, idp: str, db: None, static_root: None) -> Any:
    settings.OIDC_ISSUER = idp
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_NAME = (
        "portal",
        "s3cret-of-the-client",
        "Acme SSO",
    )
    settings.OIDC_DOMAINS = ["acme.example"]
    return settings


def through(client: Client, sub: str, next_address: str = "") -> Any:
    """Return the portal's response when `sub` comes back from the identity provider."""
    sent = client.post("/sign-in/oidc/", {"next": next_address})
    assert sent.status_code == 302, sent.content.decode()
    back = requests.post(sent["Location"], data={"sub": sub}, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200
