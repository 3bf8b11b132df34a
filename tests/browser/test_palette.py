"""The palette in Chromium, by keyboard alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.chromium import Chromium
from tests.browser.demo import Demo, demo, faults_seen, signed_in


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo")) as started:
        yield started


def opened(browser: Browser, running: Demo, tail: str = "tasks/") -> Page:
    """A page of workflow 44 with the palette open, where the skip link had the focus."""
    page = signed_in(browser, running)
    page.goto(running.workflow(44, tail))
    page.keyboard.press("Tab")
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    expect(page.get_by_role("group", name="Recent workflows")).to_be_visible()
    return page


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search or jump to")


def chosen(page: Page) -> Locator:
    """The option that the field says is active."""
    return page.locator(f"[id='{field(page).get_attribute('aria-activedescendant') or 'none'}'][aria-selected=true]")


def name_of(running: Demo, page: Page, workflow_id: int) -> str:
    page.goto(running.workflow(workflow_id))
    return page.get_by_role("heading", level=1).inner_text()


def test_a_workflow_is_found_and_opened_by_keyboard_alone(browser: Browser, running: Demo) -> None:
    name = name_of(running, signed_in(browser, running), 57)
    page = opened(browser, running)
    expect(chosen(page)).to_have_count(0)
    page.keyboard.type(name[:6].lower())
    expect(page.get_by_role("option", name=name).first).to_have_attribute("aria-selected", "true")
    expect(page.locator("#found mark").first).to_have_text(name[:6])
    assert faults_seen(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(running.workflow(57))


def test_enter_waits_for_the_suggestions_of_what_was_typed(browser: Browser, running: Demo) -> None:
    name = name_of(running, signed_in(browser, running), 43)
    page = opened(browser, running)
    page.keyboard.type(name)
    page.keyboard.press("Shift+Enter")
    expect(page).to_have_url(running.workflow(43, "tasks/new/"))


def test_arrows_choose_and_escape_gives_the_focus_back(browser: Browser, running: Demo) -> None:
    page = opened(browser, running)
    for key, number in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", -1), ("ArrowDown", 0)):
        page.keyboard.press(key)
        options = page.locator("#found [role=option]")
        option = options.nth(number) if number >= 0 else options.last
        expect(option).to_have_attribute("aria-selected", "true")
        expect(page.locator("#found [aria-selected=true]")).to_have_count(1)
        assert field(page).get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    expect(page.get_by_role("link", name="Skip to navigation")).to_be_focused()


def test_ctrl_enter_opens_a_new_tab(browser: Browser, running: Demo) -> None:
    page = opened(browser, running)
    page.keyboard.type("drafts")
    expect(page.get_by_role("option", name="Drafts", exact=True)).to_have_attribute("aria-selected", "true")
    with page.context.expect_page() as tab:
        page.keyboard.press("Control+Enter")
    expect(tab.value).to_have_url(f"{running.url}/drafts/")
    expect(page).to_have_url(running.workflow(44))


def test_links_of_the_page_with_a_key_are_suggested(browser: Browser, running: Demo) -> None:
    page = opened(browser, running, "overview/")
    page.keyboard.type("create")
    action = page.get_by_role("group", name="On this page").get_by_role("option", name="Create")
    expect(action).to_have_text(re.compile(r"Create\s*n"))
    expect(action).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(running.workflow(44, "tasks/new/"))


def test_a_command_switches_the_theme_and_exports_the_list(browser: Browser, running: Demo) -> None:
    page = opened(browser, running)
    page.keyboard.type("dark")
    expect(page.get_by_role("option", name="Dark mode")).to_have_attribute("aria-selected", "true")
    with page.expect_response("**/account/preference/"):
        page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    page.goto(f"{running.url}/account/")
    page.get_by_role("radio", name="Light").check()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.go_back()
    expect(page.locator("html")).to_have_css("color-scheme", "light")
    page.keyboard.press("/")
    page.keyboard.type("export csv")
    expect(page.get_by_role("option", name="Export this list as CSV")).to_have_attribute("aria-selected", "true")
    with page.expect_request("**/tasks/export.csv"):
        page.keyboard.press("Enter")


def test_a_pasted_link_adds_the_workflow(browser: Browser, running: Demo) -> None:
    page = opened(browser, running)
    page.keyboard.insert_text("https://pipelines.example/workflows/42")
    expect(page.get_by_role("option", name="Add workflow 42")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Workflow IDs or links")).to_have_value("42")


def test_without_an_answer_enter_leads_to_the_search_page(browser: Browser, running: Demo) -> None:
    page = opened(browser, running)
    page.route("**/palette/*", lambda route: route.abort())
    page.keyboard.type("parcel")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{running.url}/search/?q=parcel")


def test_an_answer_that_comes_late_is_not_shown(browser: Browser, running: Demo) -> None:
    page = opened(browser, running)
    late: list[Route] = []
    page.route("**/palette/?q=d", lambda route: late.append(route))
    page.keyboard.type("d")
    page.wait_for_timeout(300)
    page.keyboard.type("rafts")
    expect(page.get_by_role("option", name="Drafts", exact=True)).to_have_attribute("aria-selected", "true")
    assert len(late) == 1
    expect(page.locator("#found")).to_have_attribute("data-asked", "drafts")


@pytest.mark.parametrize("look", [
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 360, "height": 800}, "color_scheme": "light"},
], ids=["dark", "360 px"])  # fmt: skip
def test_it_has_no_fault_that_a_machine_can_see(browser: Browser, running: Demo, look: dict[str, object]) -> None:
    page = signed_in(browser, running, **look)
    page.goto(running.workflow(44))
    page.keyboard.press("Control+k")
    for text in ("", "a"):
        page.keyboard.type(text)
        expect(page.locator("#found")).to_have_attribute("data-asked", text)
        assert faults_seen(page) == []
