"""The list of tasks in Chromium: columns of values, and the box for conditions."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import ORDER_ENTRY, Demo, demo, faults_seen, signed_in

CHOSEN = ("Channel", "Gross", "Country", "Priority")
# The cells in which the longest time does not fit.
CUT = """[...document.querySelectorAll(".tasks td:is(.cr, .at)")].filter((cell) => {
    cell.textContent = "24 Nov 20:48";
    return cell.scrollWidth > cell.clientWidth;
}).length"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("list"), (str(ORDER_ENTRY),)) as started:
        yield started


def list_of(browser: Browser, running: Demo, tail: str = "tasks/") -> Page:
    page = signed_in(browser, running, viewport={"width": 1440, "height": 900})
    page.goto(running.workflow(ORDER_ENTRY, tail))
    return page


def test_four_columns_fit_and_the_list_says_if_some_do_not(browser: Browser, running: Demo) -> None:
    page = list_of(browser, running, "tasks/columns/")
    for title in CHOSEN:
        page.get_by_label(title, exact=True).check()
    page.get_by_role("button", name="Save").click()
    heads = page.locator("th.val").filter(visible=True)
    expect(heads).to_have_count(4)
    hidden = page.get_by_text("Some columns are hidden. Widen the window to see them.")
    expect(hidden).to_be_hidden()
    expect(page.locator(".tasks td.cr").first).to_be_visible()
    assert page.evaluate(CUT) == 0
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(heads).to_have_count(2)
    expect(hidden).to_be_visible()
    assert faults_seen(page) == []
