"""Two-step verification and the provider in Chromium: passkeys, and what the policy allows."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.accounts.two_step import code_of
from tests.browser.demo import accessibility_faults
from tests.browser.signing_in import sign_in
from tests.external_api.server import free_port
from tests.live import Portal, portal

PASSWORD = "a long enough password"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def idp() -> Iterator[str]:
    people = [Claims(sub="nora", claims={"email": "nora@acme.example", "email_verified": True})]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, idp: str) -> Iterator[Portal]:
    env = {
        "OIDC_ISSUER": idp, "OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "secret", "OIDC_NAME": "Acme SSO",
        "OIDC_DOMAINS": "acme.example",
    }  # fmt: skip
    with portal(tmp_path_factory.mktemp("portal"), f"http://127.0.0.1:{free_port()}/api/v1", **env) as started:
        for name in ("maria", "paul", "petra", "pia"):
            started.run("make_person", email=f"{name}@acme.example", password=PASSWORD)
        yield started


@pytest.fixture
def new_page(browser: Browser, running: Portal) -> Iterator[NewPage]:
    """Pages at localhost, where passkeys work; the test fails on whatever their console complains of."""
    said: list[str] = []

    def new(**options: Any) -> Page:
        url = running.url.replace("127.0.0.1", "localhost")
        page = browser.new_context(base_url=url, **options).new_page()
        page.on("console", lambda message: said.append(message.text) if is_ours(message, url) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield new
    assert not said


def is_ours(message: ConsoleMessage, url: str) -> bool:
    """An error on a page of the portal: the provider's asks for styles on the internet. Not that a form was refused."""
    is_error = message.type == "error" and "status of 422" not in message.text
    return is_error and bool(message.page) and message.page.url.startswith(url)


def with_passkeys(page: Page) -> Page:
    """A device that holds passkeys, and whose owner always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


def expect_in(page: Page) -> None:
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()


def sign_out(page: Page) -> None:
    page.goto("/account/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_added_and_opens_the_account(new_page: NewPage) -> None:
    page = with_passkeys(new_page())
    sign_in(page, "paul@acme.example", PASSWORD)
    expect_in(page)
    page.goto("/account/")
    page.get_by_role("link", name="Add passkey").click()
    expect(page.get_by_text("Adding a passkey turns on two-step verification")).to_be_visible()
    page.get_by_label("Name").fill("Work laptop")
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert accessibility_faults(page) == []
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Work laptop", exact=True)).to_be_visible()
    assert accessibility_faults(page) == []
    sign_out(page)

    page.get_by_role("button", name="Sign in with a passkey").click()
    expect_in(page)
    sign_out(page)

    sign_in(page, "paul@acme.example", PASSWORD)
    expect(page.get_by_role("heading", name="Two-step verification")).to_be_visible()
    assert accessibility_faults(page) == []
    page.get_by_label("Recovery code").fill("123456")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Incorrect or used recovery code.")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect_in(page)


def test_a_passkey_may_be_for_after_the_password_only(new_page: NewPage) -> None:
    page = with_passkeys(new_page())
    sign_in(page, "pia@acme.example", PASSWORD)
    page.goto("/account/passkey/")
    page.get_by_label("Sign in without a password").uncheck()
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="Done").click()
    sign_out(page)
    sign_in(page, "pia@acme.example", PASSWORD)
    expect(page.get_by_role("heading", name="Two-step verification")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect_in(page)


def test_a_device_without_the_passkey_is_told_so(new_page: NewPage) -> None:
    page = with_passkeys(new_page())
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="Passkey not used")).to_be_visible()


def test_a_passkey_leads_back_to_what_was_typed(new_page: NewPage) -> None:
    """Signed out while a form was open, on a device with a passkey."""
    page = with_passkeys(new_page())
    sign_in(page, "petra@acme.example", PASSWORD)
    page.goto("/account/passkey/")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("link", name="Done").click()
    sign_out(page)
    page.goto("/sign-in/?next=/submissions/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/submissions/$"))


def test_the_app_is_set_up_and_asked_for_without_javascript(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, "maria@acme.example", PASSWORD)
    page.goto("/account/")
    page.get_by_role("link", name="Set up authenticator app").click()
    secret = "".join(page.locator("code").inner_text().split())
    page.get_by_label("Verification code").fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    sign_out(page)
    sign_in(page, "maria@acme.example", PASSWORD)
    page.get_by_label("Code").fill(code_of(secret, 1))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect_in(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_the_idp_signs_in(new_page: NewPage, javascript: bool) -> None:
    """The button's form is sent on to another origin: the policy must know it."""
    page = new_page(java_script_enabled=javascript)
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with Acme SSO").click()
    page.get_by_role("button", name="nora").click()
    expect_in(page)
    expect(page.get_by_role("link", name="nora@acme.example")).to_be_visible()
