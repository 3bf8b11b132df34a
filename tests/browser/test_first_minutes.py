"""A team's first minutes, with JavaScript and without: from one administrator to a colleague who creates tasks with a
key never seen, whose lead sees them, and who is out with one click.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import samples
from tests.browser.signing_in import sign_in
from tests.live import ExternalApi, Portal, external_api, portal

PASSWORD = "correct horse battery"
LEAD, COLLEAGUE = "lena@acme.example", "carl@acme.example"


@dataclass
class Office:
    portal: Portal
    api: ExternalApi
    key: str


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """As a company gets it: nobody is in yet."""
    folder = tmp_path_factory.mktemp("office")
    with external_api(folder / "api") as api, portal(folder / "portal", api.url) as running:
        api.load(samples.organization("Acme", samples.workflow(42), samples.workflow(43, "Second")))
        yield Office(running, api, api.new_key("Acme"))


def press(page: Page, name: str, role: Any = "button") -> None:
    page.get_by_role(role, name=name).first.click()


def add_key_and_workflows(page: Page, office: Office) -> None:
    page.goto(f"{office.portal.url}/keys/")
    page.get_by_label("Name").fill("Acme Labeling")
    page.get_by_role("textbox", name="API key").fill(office.key)
    press(page, "Add key")
    page.get_by_label(re.compile("^Workflow ID")).fill("42, 43")
    press(page, "Add workflows")
    expect(page.get_by_text("2 workflows added")).to_be_visible()


def make_team(page: Page, office: Office) -> None:
    page.goto(f"{office.portal.url}/people/teams/")
    page.get_by_label("Team name").fill("Intake")
    press(page, "Create team")
    page.goto(f"{office.portal.url}/people/teams/1/")
    expect(page.get_by_role("heading", name="Intake").first).to_be_visible()


def lead_it_and_lend_the_key(page: Page, office: Office) -> None:
    page.goto(f"{office.portal.url}/people/teams/1/")
    page.get_by_label("Add member").fill(LEAD)
    page.locator("#add").get_by_role("button", name="Search").click()
    press(page, re.compile("^Add [Ll]ena"))
    press(page, re.compile("^Make lead"))
    page.goto(f"{office.portal.url}/keys/1/")
    page.get_by_label("Team").select_option(label="Intake")
    press(page, "Share")
    expect(page.get_by_role("cell", name=re.compile("^Intake"))).to_be_visible()


def invite(page: Page, office: Office) -> str:
    """The link to pass on."""
    page.goto(f"{office.portal.url}/people/invite/")
    page.get_by_label("Email").fill(COLLEAGUE)
    page.get_by_role("radio", name=re.compile("Operator")).check()
    page.get_by_label("Intake").check()
    press(page, "Invite")
    return page.get_by_role("textbox", name=re.compile(COLLEAGUE)).input_value()


def accept(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_text(re.compile("as an operator"))).to_be_visible()
    page.get_by_label("Name").fill("Carl Colleague")
    page.get_by_label(re.compile("^Password")).first.fill(PASSWORD)
    press(page, "Accept invitation")


def create_task(page: Page, text: str) -> None:
    """From wherever the sign-in leads, by links alone."""
    page.get_by_role("link", name=re.compile("French translations")).first.click()
    page.get_by_role("link", name="New task", exact=True).first.click()
    page.get_by_label(re.compile("^Text to translate")).fill(text)
    page.get_by_label("French", exact=True).check()
    press(page, "Create task")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()


def test_from_nobody_to_a_team_and_out_again(browser: Browser, office: Office, javascript: bool) -> None:
    office.portal.env["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    office.portal.manage("createsuperuser", "--noinput", "--email", LEAD)
    lead = browser.new_context(java_script_enabled=javascript).new_page()
    sign_in(lead, LEAD, PASSWORD, at=office.portal.url)
    add_key_and_workflows(lead, office)
    make_team(lead, office)
    lead_it_and_lend_the_key(lead, office)
    link = invite(lead, office)

    colleague = browser.new_context(java_script_enabled=javascript).new_page()
    accept(colleague, link)
    create_task(colleague, "Sent with a key I never saw")
    assert office.key not in colleague.content()

    lead.goto(f"{office.portal.url}/submissions/?who=team")
    expect(lead.get_by_role("cell", name="Carl Colleague")).to_be_visible()
    lead.get_by_role("cell", name="Carl Colleague").locator("xpath=..").locator("a.rowlink").click()
    expect(lead.get_by_text("Sent with a key I never saw").first).to_be_visible()

    lead.goto(f"{office.portal.url}/people/?q=carl")
    lead.get_by_role("link", name="Carl Colleague").click()
    lead.get_by_role("link", name=re.compile("Deactivate")).click()
    press(lead, "Deactivate")
    colleague.reload()
    expect(colleague.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(colleague, COLLEAGUE, PASSWORD, at=office.portal.url)
    expect(colleague.get_by_role("alert")).to_be_visible()
    lead.goto(f"{office.portal.url}/submissions/?who=team")
    expect(lead.get_by_role("cell", name="Carl Colleague")).to_be_visible()

    again = browser.new_context(java_script_enabled=javascript).new_page()
    again.goto(link)
    expect(again.get_by_role("heading", name="Invitation already accepted")).to_be_visible()
