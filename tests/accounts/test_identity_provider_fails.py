"""An identity provider that is silent, or is none, and answers that nobody asked for: each is a sentence."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from django.test import Client

from tests.external_api.server import free_port
from tests.pages import text_of

from .identity_provider import is_in


def test_a_silent_idp_is_reported(client: Client, oidc: Any) -> None:
    oidc.OIDC_ISSUER = f"http://localhost:{free_port()}"
    silent = client.post("/sign-in/oidc/")
    assert silent.status_code == 503
    assert "Acme SSO isn’t responding" in text_of(silent)


def test_a_slow_idp_times_out(client: Client, oidc: Any) -> None:
    oidc.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.3
    with socket.create_server(("localhost", 0)) as slow:
        oidc.OIDC_ISSUER = f"http://localhost:{slow.getsockname()[1]}"
        assert client.post("/sign-in/oidc/").status_code == 503


@pytest.mark.parametrize("config", ["[]", "{}", "<html>", '{"issuer": 7}', '{"issuer": "https://evil.example"}'])
def test_a_server_that_is_no_idp_is_reported(client: Client, oidc: Any, config: str) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{oidc.OIDC_ISSUER}/.well-known/openid-configuration", body=config)
        refused = client.post("/sign-in/oidc/")
    assert refused.status_code in (401, 503)
    assert "Not signed in" in text_of(refused)


def test_an_idp_that_fails_at_the_callback_is_reported(client: Client, oidc: Any) -> None:
    sent = client.post("/sign-in/oidc/")
    back = requests.post(sent["Location"], data={"sub": "maria"}, allow_redirects=False, timeout=10).headers["Location"]
    with responses.RequestsMock() as answers:
        answers.get(f"{oidc.OIDC_ISSUER}/.well-known/openid-configuration", body=requests.ConnectionError())
        answer = client.get(f"/sign-in/oidc/callback/?{urlsplit(back).query}")
    assert answer.status_code == 503


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?error=access_denied&state=y"])
def test_an_unrequested_callback_is_reported(client: Client, oidc: Any, query: str) -> None:
    answer = client.get(f"/sign-in/oidc/callback/{query}")
    assert answer.status_code in (401, 403)
    assert "Not signed in" in text_of(answer)
    assert not is_in(client)


def test_a_callback_is_accepted_once(client: Client, oidc: Any) -> None:
    sent = client.post("/sign-in/oidc/")
    back = requests.post(sent["Location"], data={"sub": "maria"}, allow_redirects=False, timeout=10).headers["Location"]
    address = f"/sign-in/oidc/callback/?{urlsplit(back).query}"
    other = Client()
    assert other.get(address).status_code == 401, "another browser's answer"
    assert client.get(address).status_code == 302
    client.post("/sign-out/")
    assert client.get(address).status_code == 401
