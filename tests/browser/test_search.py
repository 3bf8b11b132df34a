"""Search, the ledger and notifications in Chromium: by keyboard, in light and dark, at 360 px, without JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import Chromium
from tests.browser.demo import EMAIL, PASSWORD, Demo, demo, faults_seen, signed_in
from tests.browser.signing_in import sign_in
from tests.live import portal_worker

TEXTS = ("Parcel for Vienna, fragile", "Parcel for Graz, urgent", "Letter of the notary")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Demo]:
    """With three tasks sent by form, and a worker that keeps their words."""
    with demo(tmp_path_factory.mktemp("demo")) as started, portal_worker(started.portal):
        page = signed_in(chromium.browser(), started)
        page.goto(started.workflow(44, "tasks/new/"))
        for text in TEXTS:
            fill(page, text)
            page.get_by_role("button", name="Create and add another").click()
            expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
            page.goto(started.workflow(44, "tasks/new/"))
        found = page.get_by_role("link", name=re.compile("Letter"))
        while not found.count():
            page.goto(f"{started.url}/search/?q=notary")
        yield started


def fill(page: Page, text: str) -> None:
    page.locator("form[method=post] textarea, form[method=post] input[type=text]").first.fill(text)
    for group in page.locator("form[method=post] [role=radiogroup]").all():
        group.get_by_role("radio").first.check()
    for choice in page.locator("form[method=post] select").all():
        choice.select_option(index=1)


def test_what_was_sent_is_found_from_any_page_by_keyboard_alone(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(43))
    page.keyboard.press("/")
    expect(page.locator("#palette input")).to_be_focused()
    page.keyboard.type("graz parc")
    expect(page.get_by_role("option", name="All text matches for “graz parc”")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    expect(page.locator("mark")).to_have_text(["Parcel", "Graz"])
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    number = rows.first.locator("td.id").inner_text().strip()
    page.keyboard.press("Control+k")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator(".pagehead").get_by_text(str(number))).to_be_visible()


def test_it_works_without_javascript(browser: Browser, running: Demo) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, EMAIL, PASSWORD, at=running.url)
    page.get_by_role("link", name="Search").click()
    box = page.get_by_label("Filter or search tasks")
    box.fill("parcel sent:me")
    box.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(box).to_have_value("parcel")
    box.fill("parcel day:2020-01-01")
    box.press("Enter")
    expect(page.get_by_text("No results")).to_be_visible()
    page.get_by_role("link", name="Remove created").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    box.fill("day:soon")
    box.press("Enter")
    expect(page.get_by_text("“soon” isn’t a day")).to_be_visible()
    expect(box).to_have_value("created:soon")
    expect(page.locator("tbody tr")).not_to_have_count(0)


def test_a_list_is_filtered_selected_and_exported(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(44))
    box = page.get_by_label("Filter or search tasks")
    box.fill("parcel sent:me day:today")
    box.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".qchip")).to_have_count(2)
    page.locator("tbody tr").first.get_by_role("link").focus()
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV", exact=True).click()
    text = Path(saving.value.path()).read_text(encoding="utf-8-sig")
    assert '"Task ID","Status"' in text and all(sent in text for sent in TEXTS[:2]) and TEXTS[2] not in text


@pytest.mark.parametrize("address", ["/search/", "/search/?q=parcel", "/search/?q=999999",
                                     "/search/?q=day:soon", "/submissions/", "/notifications/",
                                     "/account/notifications/", "/account/"])  # fmt: skip
@pytest.mark.parametrize("look", [
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 360, "height": 800}, "color_scheme": "light"},
], ids=["light", "dark", "360 px"])  # fmt: skip
@pytest.mark.full
def test_each_page_has_no_fault_that_a_machine_can_see(
    browser: Browser, running: Demo, address: str, look: dict[str, Any]
) -> None:
    page = signed_in(browser, running, **look)
    page.goto(running.url + address)
    assert faults_seen(page) == []
