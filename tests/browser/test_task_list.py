"""The list of tasks in Chromium: columns of values, and the box for conditions."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import ORDER_ENTRY, Demo, demo, faults_seen, signed_in, until_true

OFFERS = ".offers [role=option]"
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


def test_tab_takes_the_only_condition_and_enter_the_marked_one(browser: Browser, running: Demo) -> None:
    page = list_of(browser, running)
    box = page.get_by_role("combobox").or_(page.locator("#query"))
    box.click()
    box.press_sequentially("crea")
    expect(page.locator(OFFERS)).to_have_count(1)
    box.press("Tab")
    expect(box).to_have_value("created:")
    expect(page.locator(OFFERS)).to_have_count(5)
    box.press("ArrowDown")
    expect(page.locator(f'{OFFERS}[aria-selected="true"]')).to_have_text("created:today")
    box.press("Enter")
    expect(box).to_have_value("created:today ")
    box.press_sequentially("colour:red")
    box.press("Enter")
    expect(page.get_by_text("No condition is called colour.")).to_be_visible()
    until_true(page, "document.querySelector('#query').selectionEnd === 'colour:red'.length")
    expect(box).to_be_focused()


def test_sent_offers_conditions(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(f"{running.url}/submissions/")
    page.locator("#query").press_sequentially("st")
    expect(page.locator(OFFERS)).to_have_text(["status:rejected"])
    page.locator("#query").press("Tab")
    expect(page.locator("#query")).to_have_value("status:")


def test_a_mistake_is_taken_back_in_the_list(browser: Browser, running: Demo) -> None:
    page = list_of(browser, running)
    first, second = (page.locator("[name=task]").nth(place) for place in (0, 1))
    mark, clear = (page.get_by_role("button", name=name) for name in ("Mark as mistake", "Not a mistake"))
    first.check()
    expect(clear).to_be_hidden()
    mark.click()
    expect(page.locator("tr.mistake")).to_have_count(1)
    page.locator("tr.mistake [name=task]").check()
    expect(clear).to_be_visible()
    expect(mark).to_be_hidden()
    second.check()
    expect(mark).to_be_visible()
    assert faults_seen(page) == []
    clear.click()
    expect(page.get_by_text("is counted again")).to_be_visible()
    expect(page.locator("tr.mistake")).to_have_count(0)


def test_four_columns_fit_and_the_list_names_the_rest(browser: Browser, running: Demo) -> None:
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
