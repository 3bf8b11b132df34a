"""A new portal in Chromium: from the setup link to the page where the first key is added."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import faults_seen
from tests.external_api.server import free_port
from tests.live import Portal, portal

PASSWORD = "correct horse battery"


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal without accounts, as after the installation."""
    api = f"http://127.0.0.1:{free_port()}/api/v1"
    with portal(tmp_path_factory.mktemp("portal"), api) as started:
        yield started


def fill(page: Page, password: str) -> None:
    page.get_by_label("Your name").fill("Maria Weber")
    page.get_by_label("Email").fill("maria@acme.example")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Create account").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_the_setup_link_leads_to_the_first_key(browser: Browser, running: Portal, javascript: bool) -> None:
    link = running.manage("setup_link").strip()
    address = f"{running.url}/setup/{link.partition('/setup/')[2]}"
    context = browser.new_context(java_script_enabled=javascript, viewport={"width": 360, "height": 740})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)

    page.goto(f"{running.url}/")
    expect(page.get_by_text("This portal has no accounts yet.")).to_be_visible()
    page.goto(f"{running.url}/setup/?code=another")
    expect(page.get_by_role("heading", name="This link doesn’t work")).to_be_visible()

    page.goto(address)
    assert not javascript or faults_seen(page) == []
    fill(page, "short")
    expect(page.get_by_text("at least 12 characters.").last).to_be_visible()
    assert page.get_by_label("Password", exact=True).input_value() == ""
    assert not javascript or faults_seen(page) == []
    fill(page, PASSWORD)

    expect(page.get_by_role("heading", name="Connect Pipelines")).to_be_visible()
    assert not javascript or faults_seen(page) == []
    page.get_by_role("link", name="Add key").click()
    expect(page.get_by_role("textbox", name="API key")).to_be_visible()

    stranger = browser.new_context(java_script_enabled=javascript).new_page()
    stranger.goto(address)
    expect(stranger.get_by_role("heading", name="Setup is finished")).to_be_visible()
    stranger.get_by_role("link", name="Sign in").click()
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
    assert running.manage("setup_link") == ""
    assert not [text for text in said if "status of 404" not in text and "status of 422" not in text]
