"""A colleague comes and goes in Chromium: invited by a link, at work with a key that is shared, then out at once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.demo import Demo, demo, signed_in

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest.mark.parametrize("with_script", [True, False], ids=["with script", "without script"])
def test_a_colleague_comes_and_goes(browser: Browser, running: Demo, with_script: bool) -> None:
    name = f"Tom {with_script}"
    lead = signed_in(browser, running, java_script_enabled=with_script)
    lead.goto(f"{running.url}/people/teams/1/")
    lead.get_by_role("link", name="Invite").click()
    expect(lead.get_by_label("Intake")).to_be_checked()
    lead.get_by_label("Email").fill(f"tom-{with_script}@acme.example")
    lead.get_by_role("button", name="Invite").click()
    link = lead.get_by_label("Link for tom").input_value()

    tom = browser.new_context(java_script_enabled=with_script).new_page()
    tom.goto(link)
    tom.get_by_label("Your name").fill(name)
    field = tom.get_by_label("Password")
    field.fill(PASSWORD)
    show = tom.get_by_role("button", name="Show password")
    if with_script:
        show.click()
        expect(field).to_have_attribute("type", "text")
    else:
        expect(show).to_be_hidden()
    tom.get_by_role("button", name="Accept invitation").click()
    tom.get_by_role("link", name="Support ticket triage").first.click()
    expect(tom.get_by_role("heading", name="Support ticket triage")).to_be_visible()

    lead.goto(f"{running.url}/people/?q=tom")
    lead.get_by_role("link", name=name).click()
    lead.get_by_role("link", name="Deactivate…").click()
    lead.get_by_role("button", name="Deactivate").click()
    expect(lead.get_by_text("They’ve been signed out")).to_be_visible()
    tom.reload()
    expect(tom.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_link_is_copied(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{running.url}/people/invite/")
    page.get_by_label("Email").fill("copied@acme.example")
    page.get_by_role("button", name="Invite").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    link = page.get_by_label("Link for copied").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == link
