"""The grid in Chromium with fewer keys: what counts up, fills, repeats and passes by itself."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import samples
from tests.browser.importing import Office, answer_late, cell, expect_figures, expect_silence, look_at, office
from tests.browser.test_grid import open_grid, paste, table

COUNTING = Path(__file__).resolve().parents[2] / "static" / "js" / "grid" / "counting.js"
FIELDS = [
    samples.field("order", required=True),
    samples.field("received", "datetime", required=True),
    samples.field("channel", "select", required=True, options=["Email", "Phone"]),
    samples.field("priority", "rating", required=True, min=1, max=5),
    samples.field("customer", required=True),
]
ROWS = [["A-098", "2026-11-27 09:00", "Email", "1", "4711"], ["A-099", "2026-11-28 09:00", "Email", "2", "4711"]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office"), workflows=24) as running:
        yield running


@pytest.fixture
def workflow_id(running: Office) -> int:
    workflow_id = next(running.workflows)
    running.load(workflow_id, FIELDS)
    return workflow_id


@pytest.fixture
def page(browser: Browser, running: Office) -> Iterator[Page]:
    size = {"width": 1280, "height": 800}
    page = running.page(browser, viewport=size, reduced_motion="reduce", timezone_id="Europe/Vienna")
    said = expect_silence(page)
    yield page
    assert said == []


def texts(page: Page, column: str, count: int) -> list[str]:
    return [cell(page, column, number).inner_text() for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("A-104412", "A-104413"), ("A-099", "A-100"), ("A-999", "A-1000"), ("007", "008"), ("9", "10"),
        ("R2026-08813", "R2026-08814"), ("Box 2 of 3", "Box 2 of 4"), ("4711/DE", "4712/DE"), ("12-345", "12-346"),
        ("A-99999999999999", "A-100000000000000"), ("A-999999999999999", None), ("A-1234567890123456", None),
        ("", None), ("Email", None), ("2026-11-27", None), ("27.11.2026", None), ("27/11/26", None),
        ("2026-11-27 09:00", None), ("09:00", None), ("10.99", None), ("-5", None), ("1,240.00", None),
        ("1 240", None), ("x" * 160 + "1", None),
    ],
)  # fmt: skip
def test_what_counts_up(browser: Browser, text: str, after: str | None) -> None:
    page = browser.new_page()
    module = b64encode(COUNTING.read_bytes()).decode()
    script = f"async (text) => (await import('data:text/javascript;base64,{module}')).next(text)"
    assert page.evaluate(script, text) == after
    page.close()


def test_ctrl_d_puts_what_it_shows(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    shown = {"Order": "A-100", "Received": ROWS[1][1], "Channel": "Email", "Priority": "2", "Customer": "4711"}
    for column, wanted in shown.items():
        cell(page, column, 3).click()
        expect(page.locator("#cellline")).to_contain_text(f"Ctrl D: {wanted}")
        expect(page.locator("[data-ghost]")).to_have_count(1)
        assert cell(page, column, 3).evaluate("cell => getComputedStyle(cell, '::before').content") == f'"{wanted}"'
        assert cell(page, column, 3).inner_text() == ""
        page.keyboard.press("ControlOrMeta+d")
        expect(page.locator("[data-ghost]")).to_have_count(0)
        assert cell(page, column, 3).inner_text() != ""
    look_at(page)
    page.keyboard.press("Enter")
    page.reload()
    assert texts(page, "Order", 3) == ["A-098", "A-099", "A-100"]
    assert texts(page, "Priority", 3) == ["1", "2", "2"]
    assert cell(page, "Received", 3).inner_text() == cell(page, "Received", 2).inner_text()


def test_ctrl_d_fills_what_is_selected(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table([*ROWS, *(["x", *ROWS[0][1:4], f"{number}"] for number in range(3))]))
    expect_figures(page, All=5)
    cell(page, "Order", 1).click()
    cell(page, "Channel", 5).click(modifiers=["Shift"])
    page.keyboard.press("ControlOrMeta+d")
    assert texts(page, "Order", 5) == ["A-098", "A-099", "A-100", "A-101", "A-102"]
    # As it is edited, and as it is shown once it is saved.
    assert set(texts(page, "Received", 5)[1:]) <= {"2026-11-27 09:00", "27 Nov 09:00"}, "dates do not count"
    cell(page, "Customer", 3).click()
    cell(page, "Customer", 5).click(modifiers=["Shift"])
    page.keyboard.press("ControlOrMeta+d")
    assert texts(page, "Customer", 5) == ["4711", "4711", "0", "1", "2"]
    cell(page, "Priority", 1).click()
    cell(page, "Priority", 2).click(modifiers=["Shift"])
    page.keyboard.press("ControlOrMeta+d")
    assert texts(page, "Priority", 2) == ["1", "1"]
    page.keyboard.press("ControlOrMeta+z")
    expect(cell(page, "Priority", 2)).to_have_text("2")


def test_pinned_columns_fill_a_new_row_and_tab_passes_them(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    for column, said in (("Order", "Order pinned: new rows count up"), ("Channel", "Channel pinned")):
        cell(page, column, 2).click()
        page.keyboard.press("Alt+p")
        expect(page.locator("#grid-said")).to_have_text(said)
    expect(page.locator("tr.pinned")).to_contain_text("A-100, +1")
    expect(page.locator("tr.pinned")).to_contain_text("Email")
    cell(page, "Customer", 2).click()
    page.keyboard.press("Tab")
    expect(cell(page, "Received", 3)).to_be_focused()
    for number in (3, 4):
        page.keyboard.type("today 9am")
        page.keyboard.press("Tab")
        expect(cell(page, "Priority", number)).to_be_focused()
        expect(cell(page, "Order", number)).to_have_text(f"A-{97 + number:03}")
        page.keyboard.type("3")
        page.keyboard.press("Tab")
        page.keyboard.type("4711")
        page.keyboard.press("Tab")
        expect(cell(page, "Received", number + 1)).to_be_focused()
    expect(page.locator("tr.pinned")).to_contain_text("A-102, +1")
    expect_figures(page, Ready=4)
    assert texts(page, "Channel", 4)[2:] == ["Email", "Email"]
    page.keyboard.press("Shift+Tab")
    expect(cell(page, "Order", 5)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(cell(page, "Customer", 4)).to_be_focused()
    look_at(page)


def test_tab_goes_to_every_cell_of_a_row_that_exists(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    cell(page, "Order", 1).click()
    for column in ("Received", "Channel", "Priority", "Customer"):
        page.keyboard.press("Tab")
        expect(cell(page, column, 1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(cell(page, "Order", 2)).to_be_focused()


def test_a_series_goes_on_after_its_rows_are_created(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    cell(page, "Order", 2).click()
    page.keyboard.press("Alt+p")
    expect(page.locator("tr.pinned")).to_contain_text("A-100, +1")
    cell(page, "Received", 3).click()
    paste(page, table([ROWS[0][1:], ROWS[1][1:]]))
    expect_figures(page, Ready=4)
    assert texts(page, "Order", 4)[2:] == ["A-100", "A-101"]
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("tr[data-sent]")).to_have_count(4)
    page.get_by_role("button", name="Clear created").click()
    expect(page.locator("tr[data-sent]")).to_have_count(0)
    expect(page.locator("tr.pinned")).to_contain_text("A-102, +1")


def test_a_series_follows_its_largest_number(page: Page, running: Office, workflow_id: int) -> None:
    """Also if it was pasted in another order, and after the rows were put aside. The cursor starts beside it."""
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    cell(page, "Order", 2).click()
    page.keyboard.press("Alt+p")
    expect(page.locator("tr.pinned")).to_contain_text("A-100, +1")
    cell(page, "Order", 3).click()
    paste(page, table([["A-205", *ROWS[0][1:]], ["A-203", *ROWS[0][1:]], ["see note", *ROWS[0][1:]]]))
    expect(page.locator("tr.pinned")).to_contain_text("A-206, +1")
    page.locator("#grid-menu > summary").click()
    page.get_by_role("button", name="Put aside").click()
    expect(page.locator("tr.pinned")).to_contain_text("A-206, +1")
    expect(cell(page, "Received", 1)).to_be_focused()
    page.keyboard.type("today 9am")
    page.keyboard.press("Tab")
    expect(cell(page, "Order", 1)).to_have_text("A-206")


def test_rows_are_repeated_and_deleted_by_keys(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    cell(page, "Order", 2).click()
    page.keyboard.press("Alt+p")
    expect(page.locator("tr.pinned")).to_contain_text("A-100, +1")
    page.keyboard.press("Alt+r")
    expect(cell(page, "Order", 3)).to_be_focused()
    assert texts(page, "Order", 3)[2] == "A-100"
    expect_figures(page, Ready=3)
    for column in ("Received", "Channel", "Customer"):
        assert cell(page, column, 3).inner_text() == cell(page, column, 2).inner_text()
    page.keyboard.press("Alt+n")
    expect(cell(page, "Received", 4)).to_be_focused()
    cell(page, "Channel", 1).click()
    cell(page, "Channel", 2).click(modifiers=["Shift"])
    page.keyboard.press("Alt+Delete")
    expect(page.locator("#row-1")).to_have_count(0)
    expect(page.locator("#row-2")).to_have_count(0)
    expect(cell(page, "Channel", 3)).to_be_focused()
    expect_figures(page, All=1)
    page.keyboard.press("ControlOrMeta+z")
    expect_figures(page, Ready=3)
    expect(cell(page, "Order", 1)).to_be_focused()
    page.locator("#grid-menu > summary").click()
    page.get_by_role("button", name="Delete row").click()
    expect(page.locator("#row-1")).to_have_count(0)
    expect(cell(page, "Order", 2)).to_be_focused()
    look_at(page)


def test_rows_that_two_windows_repeat_stay_apart(
    page: Page, browser: Browser, running: Office, workflow_id: int
) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    other = running.page(browser)
    open_grid(other, running, workflow_id)
    for each, number in ((other, 1), (page, 2)):
        cell(each, "Customer", number).click()
        each.keyboard.press("Alt+r")
        each.keyboard.press("Alt+n")
        expect(each.locator(f"#row-{number + 2} .state")).to_contain_text("Same as")
    page.reload()
    assert texts(page, "Order", 4) == ["A-098", "A-099", "A-098", "A-099"]
    cell(page, "Customer", 3).click()
    page.keyboard.press("Alt+Backspace")
    expect(page.locator("#row-3")).to_have_count(0)
    cell(other, "Customer", 3).click()
    other.keyboard.type("5000")
    other.keyboard.press("Enter")
    expect(other.locator("#grid-notes")).to_contain_text("Your “5000” isn’t saved")


def test_arrows_leave_what_was_begun_by_typing(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    page.keyboard.type("A-1")
    page.keyboard.press("ArrowRight")
    expect(cell(page, "Received", 1)).to_be_focused()
    expect(cell(page, "Order", 1)).to_have_text("A-1")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("F2")
    page.keyboard.type("2")
    page.keyboard.press("ArrowRight")
    expect(cell(page, "Order", 1).locator("input")).to_be_focused()
    page.keyboard.press("Enter")
    cell(page, "Channel", 1).click()
    page.keyboard.type("em")
    page.keyboard.press("ArrowRight")
    expect(cell(page, "Channel", 1)).to_have_text("Email")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("F2")
    input = cell(page, "Channel", 1).locator("input")
    assert input.evaluate("input => [input.selectionStart, input.selectionEnd]") == [5, 5]
    page.keyboard.press("Escape")


def test_a_letter_inside_a_word_picks_no_option_and_a_day_is_its_midnight(
    page: Page, running: Office, workflow_id: int
) -> None:
    open_grid(page, running, workflow_id)
    cell(page, "Channel", 1).click()
    page.keyboard.type("m")
    expect(page.locator("#choices")).to_be_hidden()
    page.keyboard.press("Escape")
    cell(page, "Received", 1).click()
    page.keyboard.type("27.11.")
    page.keyboard.press("Tab")
    expect(cell(page, "Received", 1)).to_have_text("27 Nov midnight")


def test_a_column_and_a_row_are_selected_by_space(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    cell(page, "Channel", 2).click()
    page.keyboard.press("Control+Space")
    expect(page.locator("[data-picked]")).to_have_count(2)
    page.keyboard.press("Delete")
    assert set(texts(page, "Channel", 2)) <= {"Required", ""}
    page.keyboard.press("Shift+Space")
    expect(page.locator("[data-picked]")).to_have_count(len(FIELDS))


def test_f8_goes_on_in_the_row_that_enter_left(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    bad = ["A-1", "someday", "Fax", "1", "4711"]
    paste(page, table([bad, bad]))
    expect_figures(page, Errors=2)
    cell(page, "Order", 1).click()
    for number in (1, 2):
        for column, text in (("Received", "2026-11-27"), ("Channel", "ph")):
            page.keyboard.press("F8")
            expect(cell(page, column, number)).to_be_focused()
            page.keyboard.type(text)
            page.keyboard.press("Enter")
    expect_figures(page, Errors=0)


def test_undo_goes_to_the_cell_that_it_changed(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table(ROWS))
    expect_figures(page, Ready=2)
    cell(page, "Customer", 1).click()
    page.keyboard.type("9999")
    page.keyboard.press("Enter")
    expect(page.locator("#grid-said")).to_contain_text("Saved")
    cell(page, "Order", 3).click()
    for key, text in (("z", "4711"), ("y", "9999")):
        page.keyboard.press(f"ControlOrMeta+{key}")
        expect(cell(page, "Customer", 1)).to_have_text(text)
        expect(cell(page, "Customer", 1)).to_be_focused()
        page.keyboard.press("ArrowDown")


def test_a_column_is_pinned_although_its_cell_is_left_at_once(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    page.keyboard.type("A-1")
    for key in ("Alt+p", "Tab", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("em")
    page.keyboard.press("Enter")
    expect(page.locator("tr.pinned")).to_contain_text("A-1")
    expect(cell(page, "Channel", 1)).to_have_text("Email")


def test_who_goes_on_before_the_answer_stays_there(page: Page, running: Office, workflow_id: int) -> None:
    """The rows are created by Ctrl Enter, and the next one is begun before the portal has answered."""
    open_grid(page, running, workflow_id)
    row = {"order": "A-1", "received": "today 9am", "channel": "em", "priority": "4", "customer": "Ada"}
    for text in row.values():
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect_figures(page, Ready=1)
    answer_late(page)
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Alt+n")
    page.keyboard.type("A-2")
    page.keyboard.press("Tab")
    expect(page.locator("tr[data-number='1'] a[href*='/tasks/']")).to_be_visible()
    page.wait_for_timeout(100)
    page.keyboard.type("yesterday")
    page.keyboard.press("Tab")
    expect(cell(page, "Order", 2)).to_have_text("A-2")
    expect(cell(page, "Received", 2)).not_to_be_empty()


def test_a_pin_holds_for_the_next_row_although_the_portal_answers_late(
    page: Page, running: Office, workflow_id: int
) -> None:
    """Typed without a pause: a series is pinned after the second row, and two other columns while rows are typed."""
    open_grid(page, running, workflow_id)
    answer_late(page)
    pinned_in = {"order": 2, "channel": 3, "priority": 4}
    for number in range(1, 11):
        typed = {"order": f"A-{97 + number:03}", "received": "today 9am", "channel": "em", "priority": "4"}
        for name, text in typed.items():
            if number > pinned_in.get(name, 10):
                continue
            page.keyboard.type(text)
            if number == pinned_in.get(name):
                page.keyboard.press("Alt+p")
            page.keyboard.press("Tab")
        page.keyboard.type(f"Customer {number}")
        page.keyboard.press("Tab")
    expect_figures(page, Ready=10)
    page.reload()
    assert texts(page, "Order", 10) == [f"A-{97 + number:03}" for number in range(1, 11)]
    assert texts(page, "Channel", 10) == ["Email"] * 10 and texts(page, "Priority", 10) == ["4"] * 10
    assert texts(page, "Customer", 10) == [f"Customer {number}" for number in range(1, 11)]


@pytest.mark.parametrize("is_late", [False, True])
def test_a_text_that_is_typed_after_a_pin_stays_whole(
    page: Page, running: Office, workflow_id: int, is_late: bool
) -> None:
    open_grid(page, running, workflow_id)
    if is_late:
        answer_late(page)
    for number in (1, 2):
        page.keyboard.type(f"A-{number}")
        page.keyboard.press("Alt+p")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("123456.75 of a customer with a long name", delay=60)
        page.keyboard.press("Enter")
        expect(cell(page, "Customer", number)).to_have_text("123456.75 of a customer with a long name")
        page.keyboard.press("Home")


def test_a_text_stays_whole_while_the_sheet_comes_again(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    page.keyboard.type("A-1")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.type("12", delay=60)
    page.evaluate("() => { htmx.ajax('GET', location.href, { target: '#sheet', swap: 'innerHTML' }) }")
    page.keyboard.type("3456789012345", delay=60)
    page.keyboard.press("Enter")
    expect(cell(page, "Customer", 1)).to_have_text("123456789012345")


def test_no_key_is_lost_while_a_column_is_pinned(page: Page, running: Office, workflow_id: int) -> None:
    """Also in a cell that is edited. The sheet comes again, and no key finds the page without a cell."""
    open_grid(page, running, workflow_id)
    page.keyboard.type("A-1")
    page.evaluate(
        """() => document.addEventListener("htmx:afterSwap", () => {
            setTimeout(() => document.body.classList.toggle("lost", document.activeElement === document.body));
        })"""
    )
    page.keyboard.press("Alt+p")
    expect(page.locator("tr.pinned")).to_contain_text("A-1")
    expect(page.locator("body.lost")).to_have_count(0)
    expect(cell(page, "Order", 1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(cell(page, "Received", 1)).to_be_focused()
