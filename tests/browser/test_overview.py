"""Home and an overview in Chromium, with a worker that reads the tasks: they fill by themselves, and look right."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import Chromium
from tests.browser.demo import PASSWORD, Demo, demo, faults_seen, needed_width, signed_in
from tests.browser.signing_in import sign_in
from tests.live import portal_worker

OVERVIEW, HOME = "/keys/1/workflows/43/overview/", "/"
# A call that fails makes the reading rest for a minute.
READ = 200_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo")) as started, portal_worker(started.portal):
        yield started


@pytest.fixture(scope="module")
def counted(chromium: Chromium, running: Demo) -> Iterator[Page]:
    """Once the overview says what was read, without anybody loading it again."""
    page = signed_in(chromium.browser(), running, timezone_id="Asia/Kolkata")
    page.goto(running.url + OVERVIEW)
    expect(page.get_by_role("heading", name=re.compile(r"\d+ unfinished tasks?"))).to_be_visible(timeout=READ)
    yield page
    page.context.close()


@pytest.mark.parametrize("path", [HOME, OVERVIEW], ids=["home", "overview"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("forced", ["none", "active"])
@pytest.mark.full
def test_axe_finds_nothing(counted: Page, running: Demo, path: str, scheme: str, forced: str) -> None:
    counted.set_viewport_size({"width": 1440, "height": 900})
    counted.emulate_media(color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")
    counted.goto(running.url + path)
    counted.get_by_role("heading", name=re.compile("Created and finished per day|Needs attention")).wait_for()
    assert faults_seen(counted) == []


@pytest.mark.parametrize("path", [HOME, OVERVIEW], ids=["home", "overview"])
@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1920])
@pytest.mark.full
def test_nothing_scrolls_sideways(counted: Page, running: Demo, path: str, width: int) -> None:
    counted.emulate_media(color_scheme="light", forced_colors="none")
    counted.set_viewport_size({"width": width, "height": 800})
    counted.goto(running.url + path)
    assert faults_seen(counted) == []


def test_home_refreshes_itself_and_keeps_what_is_in_use(browser: Browser, running: Demo, counted: Page) -> None:
    """The menu stays open, and the link with the focus keeps it. A hidden page asks for nothing."""
    page = signed_in(browser, running)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#navigation")).to_be_focused()
    section = page.get_by_role("region", name=re.compile("Needs attention"))
    section.get_by_role("link").first.focus()
    focused = page.evaluate("document.activeElement.textContent")
    page.evaluate("document.querySelector('.pagehead details').open = true")
    page.evaluate("document.querySelector('#home-page').setAttribute('hx-get', '/?seen=other')")
    page.evaluate("document.title = 'Old'")
    page.evaluate("htmx.process(document.querySelector('#home-page')); htmx.trigger('#home-page', 'look')")
    expect(page).to_have_title(re.compile("Home · Pipelines Portal$"))
    assert page.evaluate("document.activeElement.textContent") == focused
    assert page.evaluate("document.querySelector('.pagehead details').open")
    page.context.close()


def test_a_long_name_without_spaces_fits_on_a_phone(browser: Browser, running: Demo, counted: Page) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    sign_in(page, "operator@example.com", PASSWORD, at=running.url)
    page.locator(".starts h2 a").first.evaluate("link => link.textContent = 'supplier_returns_'.repeat(5)")
    assert needed_width(page) <= 360
    page.close()
