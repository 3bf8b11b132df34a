"""What a day with the portal showed to be rough, in Chromium: each line that no other file holds."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import Chromium
from tests.browser.demo import ORGANIZATION, Demo, demo, signed_in
from tests.browser.test_every_page import PAGES

pytestmark = pytest.mark.full

# Wider than the sidebar.
LONG_NAMES = {
    91: "Handwritten delivery notes of the warehouse in Linz",
    92: "Handwritten delivery notes of the warehouse in Graz",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Demo]:
    """With all workflows opened, and what the demo's people send."""
    with demo(tmp_path_factory.mktemp("demo")) as started:
        long = [{"id": number, "name": name, "status": "ACTIVE"} for number, name in LONG_NAMES.items()]
        started.api.load({"name": ORGANIZATION, "workflows": long})
        page = signed_in(chromium.browser(), started)
        page.goto(f"{started.url}/keys/1/workflows/")
        page.get_by_label("Workflow IDs or links").fill("42 58 59 66 91 92")
        page.get_by_role("button", name="Add workflows").click()
        expect(page.locator(".rail a").filter(has_text="Street sign labels")).to_be_visible()
        page.context.close()
        started.portal.manage("send_demo_tasks")
        yield started


@pytest.fixture(scope="module")
def page(chromium: Chromium, running: Demo) -> Page:
    return signed_in(chromium.browser(), running, viewport={"width": 1280, "height": 800})


def test_every_page_says_what_it_is_for(page: Page, running: Demo) -> None:
    for path in PAGES.values():
        page.goto(running.url + path)
        assert len(page.locator("meta[name=description]").get_attribute("content") or "") > 40, path
        said = page.locator("#main h1, #main h2, #main strong").all_inner_texts()
        assert page.locator("h1").count() == 1, path
        assert said.count(page.locator("h1").inner_text()) == 1, f"{path} says its heading twice"


def test_what_is_cut_can_be_read_whole(page: Page, running: Demo) -> None:
    """The name of the open workflow is not cut; the others are whole on hover."""
    is_cut = "e => e.scrollWidth > e.clientWidth"
    for current, other in ((91, 92), (92, 91)):
        page.goto(running.workflow(current))
        cut = [name for name in page.locator(".rail a .name").all() if name.evaluate(is_cut)]
        assert LONG_NAMES[other] in [name.inner_text() for name in cut]
        assert all(name.evaluate("e => e.closest('a').title") == name.inner_text() for name in cut)
        here = page.locator(".rail a[aria-current=page] .name")
        assert (here.inner_text(), here.evaluate(is_cut)) == (LONG_NAMES[current], False)


def test_wide_lists_use_a_wide_screen(browser: Browser, running: Demo) -> None:
    wide = signed_in(browser, running, viewport={"width": 1920, "height": 900})
    wide.goto(running.workflow(43))
    card = wide.locator("#task-page").bounding_box()
    assert card and card["x"] + card["width"] > 1800
    wide.context.close()


def test_without_scripts_no_archive_can_be_dropped(browser: Browser, running: Demo) -> None:
    plain = signed_in(browser, running, java_script_enabled=False)
    plain.goto(running.workflow(57, "upload/"))
    expect(plain.locator("input[type=file]:visible")).to_have_count(0)
    plain.context.close()


def test_paper_shows_no_box_to_fill_in(page: Page, running: Demo) -> None:
    """But what the list is of: its conditions, and the words searched for."""
    boxes = page.locator("input:visible, select:visible, button:visible")
    page.emulate_media(media="print")
    page.goto(running.workflow(43, "tasks/?status=failed"))
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.locator(".qchip")).to_have_text(re.compile("status:failed"))
    expect(page.locator(".qchip")).to_be_visible()
    expect(page.locator(".query")).to_have_css("border-top-width", "0px")
    expect(boxes).to_have_count(0)
    page.goto(running.workflow(43, "tasks/"))
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.locator(".query")).to_have_css("display", "none")
    expect(boxes).to_have_count(0)
    page.goto(running.workflow(43, "tasks/?q=invoice"))
    expect(page.locator("#query:visible")).to_have_value("invoice")
    expect(boxes).to_have_count(1)
    page.emulate_media(media="screen")
