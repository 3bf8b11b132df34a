"""The grid in Chromium holds still: whatever happens, no row moves under the hands of the person who types."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.importing import Office, cell, expect_figures, expect_silence, look_at, office
from tests.browser.test_grid import TICKET, TYPED, open_grid, paste, table

ROW_PIXELS, MOST_TRAY_PIXELS = 34, 120
MEASURE = """() => {
    const box = (element) => element.getBoundingClientRect();
    const rows = [...document.querySelectorAll("table.grid tbody tr[data-number]")];
    const seen = box(document.querySelector(".gridbox"));
    return {
        head: box(document.querySelector("table.grid thead")).top,
        tops: Object.fromEntries(rows.map((row) => [row.dataset.number, box(row).top])),
        heights: [...new Set(rows.map((row) => box(row).height))],
        inSight: rows.filter((row) => box(row).top >= seen.top && box(row).bottom <= seen.bottom).length,
        tray: box(document.getElementById("tray")).height,
        bottom: box(document.getElementById("tray")).bottom,
        bar: box(document.querySelector(".toolbar")).height,
    };
}"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office"), workflows=8) as running:
        yield running


@pytest.fixture
def workflow_id(running: Office) -> int:
    return next(running.workflows)


@pytest.fixture
def page(browser: Browser, running: Office) -> Iterator[Page]:
    size = {"width": 1280, "height": 800}
    page = running.page(browser, viewport=size, reduced_motion="reduce", timezone_id="Europe/Vienna")
    said = expect_silence(page)
    yield page
    assert [line for line in said if "ERR_INTERNET_DISCONNECTED" not in line] == []


class Stillness:
    """Compares where the rows are with where they were at first."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.first = self._measured()

    def _measured(self) -> dict[str, Any]:
        measured: dict[str, Any] = self.page.evaluate(MEASURE)
        assert measured["heights"] == [ROW_PIXELS]
        assert measured["tray"] <= MOST_TRAY_PIXELS and measured["bar"] == 32
        return measured

    def check(self, action: str, *, are_gone: bool = False) -> None:
        now = self._measured()
        assert (now["head"], now["bottom"]) == (self.first["head"], self.first["bottom"]), action
        if are_gone:
            return
        assert {number: now["tops"][number] for number in self.first["tops"]} == self.first["tops"], action


def expect_over_cell(editor: Locator) -> None:
    """Expect the editor to begin where its cell begins, and to be as wide and as high at least."""
    over, under = editor.bounding_box(), editor.locator("xpath=..").bounding_box()
    assert over and under
    assert abs(over["x"] - under["x"]) <= 1 and abs(over["y"] - under["y"]) <= 1, (over, under)
    assert over["width"] >= under["width"] - 2 and over["height"] >= under["height"] - 2, (over, under)


def tickets(count: int) -> list[list[str]]:
    """The channels of all but the last two are no options."""
    rows = [[f"Ticket {number}", *TYPED[1:]] for number in range(1, count + 1)]
    for number, row in enumerate(rows, start=1):
        row[2:6] = ["Yes", "2026-11-27 09:00", f"Fax {number}" if number <= count - 2 else "Email", "4"]
        row[8] = "German"
    return rows


def test_no_row_moves_while_somebody_works(page: Page, running: Office, workflow_id: int) -> None:
    running.load(workflow_id, TICKET)
    open_grid(page, running, workflow_id)
    paste(page, table(tickets(12)))
    expect_figures(page, Errors=10, Ready=2)
    still = Stillness(page)
    assert still.first["inSight"] >= 12
    expect(page.locator("#more-issues summary")).to_have_text("8 more")
    look_at_editors(page, still)

    page.keyboard.press("F8")
    expect(cell(page, "Channel", 1)).to_be_focused()
    expect(cell(page, "Channel", 1)).to_be_in_viewport(ratio=0.98)
    expect(page.locator("#cellline")).to_contain_text("Row 1 · Channel")
    still.check("F8")

    page.locator("#tray .issue select").first.select_option("Email")
    page.locator("#tray .issue").first.get_by_role("button", name="Apply").press("Enter")
    expect_figures(page, Errors=9, Ready=3)
    expect(page.locator("#tray .issue select").first).to_be_focused()
    still.check("Apply in the tray")

    page.locator("#undo").press("Enter")
    expect_figures(page, Errors=10, Ready=2)
    expect(page.locator("#grid-said")).to_have_text("Undone")
    still.check("undo")

    cell(page, "Subject", 13).click()
    page.keyboard.type("Began")
    page.context.set_offline(True)
    page.keyboard.press("Tab")
    expect(page.locator("#grid-said")).to_contain_text("Not saved")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("#grid-notes")).to_contain_text("Not created yet. 1 row isn’t saved.")
    still.check("offline")
    page.context.set_offline(False)
    # What was to be created is created as soon as the row is saved.
    expect(page.locator("tr[data-sent] .state a")).to_have_count(2, timeout=30_000)
    expect(page.locator("#grid-notes .note")).to_have_count(0)
    still.check("back, and created")

    page.get_by_role("button", name="Clear created").press("Enter")
    expect(page.locator("tr[data-sent]")).to_have_count(0, timeout=30_000)
    still.check("clear created", are_gone=True)
    look_at(page)


def test_the_places_of_what_comes_later_are_there_before(page: Page, running: Office, workflow_id: int) -> None:
    """Undo, the filters, the first error and longer texts move nothing, also after the page is loaded again."""
    running.load(workflow_id, TICKET)
    open_grid(page, running, workflow_id)
    places = """() => [...document.querySelectorAll("#undo-form, .gridbox, #tray, #sendbar, thead th")].map((each) =>
        Object.values(each.getBoundingClientRect().toJSON()))"""
    before = page.evaluate(places)
    rows = tickets(3)
    rows[0][0] = "A subject that is longer than any column"
    paste(page, table(rows))
    expect_figures(page, Errors=1, Ready=2)
    assert page.evaluate(places) == before
    page.reload()
    expect_figures(page, Errors=1, Ready=2)
    assert page.evaluate(places) == before


def test_the_active_cell_is_never_under_what_stays(page: Page, running: Office, workflow_id: int) -> None:
    running.load(workflow_id, TICKET)
    open_grid(page, running, workflow_id)
    paste(page, table(tickets(30)))
    expect_figures(page, All=30)
    seen = """() => {
        const inside = document.activeElement.getBoundingClientRect();
        const row = [...document.activeElement.parentElement.children].map((each) => each.getBoundingClientRect());
        return inside.left >= row[document.activeElement.cellIndex > 1 ? 1 : 0].right - 1
            && inside.right <= row.at(-1).left + 1
            && inside.top >= document.querySelector("table.grid thead").getBoundingClientRect().bottom - 1
            && inside.bottom <= document.querySelector(".gridbox").getBoundingClientRect().bottom + 1;
    }"""
    cell(page, "Subject", 1).click()
    for key in ["ArrowRight"] * 10 + [
        "PageDown",
        "ArrowDown",
        "Home",
        "End",
        "ControlOrMeta+Home",
        "ControlOrMeta+End",
    ]:
        page.keyboard.press(key)
        assert page.evaluate(seen), (key, page.evaluate("document.activeElement.cellIndex"))
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(seen), page.evaluate("document.activeElement.cellIndex")


def look_at_editors(page: Page, still: Stillness) -> None:
    """Type a wrong value, leave its cell and its row, and open the editors of a line and of many lines."""
    cell(page, "Urgency", 11).click()
    page.keyboard.press("F2")
    page.keyboard.type("99")
    expect_over_cell(page.locator("td[data-editing] > input"))
    still.check("a wrong value is typed")
    page.keyboard.press("Tab")
    expect(cell(page, "Urgency", 11)).to_have_class("right bad")
    still.check("its cell is left")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("ArrowDown")
    still.check("its row is left")
    page.keyboard.press("ControlOrMeta+z")
    expect_figures(page, Errors=10)
    still.check("Ctrl Z")
    cell(page, "Message", 12).click()
    page.keyboard.press("F2")
    expect_over_cell(page.locator("td[data-editing] > textarea"))
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("More")
    still.check("lines are typed")
    page.keyboard.press("Escape")


def test_a_new_row_is_judged_when_it_is_left(page: Page, running: Office, workflow_id: int) -> None:
    running.load(workflow_id, TICKET)
    open_grid(page, running, workflow_id)
    page.keyboard.type("Hello")
    page.keyboard.press("Tab")
    expect(page.locator("#row-1 .state")).to_have_text("Editing")
    expect(page.locator("#grid-said")).to_contain_text("Saved")
    expect(page.locator("#row-1 .state")).to_have_text("Editing")
    expect(page.locator("#tray .issue")).to_have_count(0)
    expect(page.locator("#cellline")).not_to_contain_text("missing")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#row-1 .state")).to_have_text("10 errors")
    expect(page.locator("#tray .issue")).to_have_count(1)
    expect(page.locator("#tray .issue")).to_contain_text("has 10 errors: Message, Paying")
    page.locator("#tray").get_by_role("link", name="Row 1").click()
    expect(cell(page, "Message", 1)).to_be_focused()
    expect(cell(page, "Message", 1)).to_have_attribute("aria-describedby", "cellline")
    expect(page.locator("#cellline")).to_contain_text("missing")


def test_the_ends_of_the_grid_are_a_key_away(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table([[f"Sentence {number}", "French"] for number in range(40)]))
    expect_figures(page, All=40)
    for key, column, row in (
        ("ControlOrMeta+Home", "Text to translate", 1),
        ("End", "Target language", 1),
        ("ControlOrMeta+End", "Target language", 41),
        ("Home", "Text to translate", 41),
    ):
        page.keyboard.press(key)
        expect(cell(page, column, row)).to_be_focused()
        expect(cell(page, column, row)).to_be_in_viewport(ratio=0.98)


def test_what_is_typed_stays_when_earlier_rows_are_created_late(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    page.context.set_offline(True)
    for text in ("Good morning", "French"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("#grid-notes")).to_contain_text("Leave this page open")
    cell(page, "Text to translate", 2).click()
    page.keyboard.type("Good")
    page.context.set_offline(False)
    expect(page.locator("tr[data-sent]")).to_have_count(1, timeout=30_000)
    page.keyboard.type(" evening")
    page.keyboard.press("Tab")
    expect(cell(page, "Text to translate", 2)).to_have_text("Good evening")
