"""An import from the file to the last task in Chromium, as people use it, with every program running."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.demo import needed_width
from tests.browser.importing import (
    HUMAN_HEADER,
    Office,
    active,
    cell,
    choose,
    create,
    csv_file,
    download,
    expect_all_rows,
    expect_figures,
    expect_rows,
    expect_silence,
    expect_sum,
    figures,
    look_at,
    match_columns,
    office,
    press,
    rows,
    to_the_check,
    type_into,
    xlsx_file,
    xlsx_rows,
)

# By row of the file and column: words that are no choice, a date that is none, empty texts, a number too large, a twin.
FAULTS: dict[int, dict[int, object]] = {
    88: {1: "Germn"}, 91: {1: "Germn"}, 92: {1: "Germn"}, 417: {2: "n/a"}, 600: {0: ""}, 601: {0: ""}, 902: {3: 9000},
    700: dict(enumerate(rows(9)[8])),
}  # fmt: skip
FEW_FAULTS: dict[int, dict[int, object]] = {3: {1: "Germn"}, 5: {1: "Germn"}, 7: {0: ""}, 9: {3: "many"}}
WIDE = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def workflow_id(running: Office) -> int:
    return next(running.workflows)


@pytest.fixture
def page(browser: Browser, running: Office) -> Iterator[Page]:
    """Nothing may be in the console in the end but that forms were refused."""
    page = running.page(browser, viewport=WIDE, reduced_motion="reduce")
    said = expect_silence(page)
    yield page
    assert [text for text in said if "status of 422" not in text] == []


def test_a_thousand_rows_become_tasks_and_the_bad_ones_come_back_in_a_file(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    to_the_check(page, running, workflow_id, xlsx_file(tmp_path / "warranty.xlsx", rows(1_000, FAULTS)))
    assert figures(page) == {"All": 1_000, "Errors": 7, "Duplicates": 1, "Ready": 992}
    page.locator("#more-issues > summary").click()
    expect(page.get_by_text("Row 700 has the same values as row 10 and is skipped")).to_be_visible()
    mend(page)
    page.get_by_label("Test with one row first").check()
    create(page, 996)
    expect_rows(page, Created=996, Waiting=0)
    expect_all_rows(page, 1_000)
    expect(page).to_have_title(re.compile(r"^Partly created, 996 created: warranty\.xlsx"))
    expect(page.get_by_text(re.compile("3 (errors|rows with errors)")).first).to_be_visible()
    first, second = requests_of(page)
    assert re.fullmatch(r"1 Row 2 Created 1 0 1 \d+:\d+", first)
    assert re.fullmatch(r"2 995 rows, from 3 to 1,001 Created 995 0 2–996 \d+:\d+", second)
    page.get_by_role("main").locator("summary", has_text="More").click()
    file = download(page, "Rows with errors (XLSX)", tmp_path)
    header, *wrong = xlsx_rows(file)
    assert list(header) == [*HUMAN_HEADER, "Row in the file", "Errors in the row"]
    assert [int(row[5]) for row in wrong] == [417, 600, 601]
    mend_in_the_spreadsheet(file)
    choose(page, running, workflow_id, file)
    page.locator(".match-line > summary").click()
    expect(page.get_by_role("listitem").filter(has_text="Errors in the row")).to_contain_text("Not imported")
    create(page, 3)
    expect(page.get_by_text("3 tasks created")).to_be_visible(timeout=30_000)
    ids = running.task_ids(workflow_id)
    assert len(ids) == len(set(ids)) == 999


def requests_of(page: Page) -> list[str]:
    page.get_by_text("Details: ").click()
    return [" ".join(text.split()) for text in page.locator("table.requests tbody tr").all_inner_texts()]


def mend(page: Page) -> None:
    """Correct a cell by typing and many rows by a button, and undo. A duplicate stays out."""
    page.get_by_role("link", name=re.compile("^Errors")).click()
    expect(page.locator("#row-902")).to_be_visible()
    type_into(page, "Word count", 902, "90")
    expect_figures(page, Errors=6, Ready=993)
    press(page, "Apply to 3 rows")
    expect(page.get_by_role("status").filter(has_text="3 rows updated")).to_contain_text("996 ready")
    press(page, re.compile("^Undo: Replace with"))
    expect_figures(page, Errors=6, Ready=993)
    press(page, "Apply to 3 rows")
    expect_figures(page, Errors=3, Ready=996)
    expect_figures(page, Duplicates=1, Ready=996)
    expect_sum(page, 1_000)


def mend_in_the_spreadsheet(file: Path) -> None:
    book = load_workbook(file)
    sheet = book.worksheets[0]
    for row, column, value in ((2, 3, "2026-05-03"), (3, 1, "Mended 600"), (4, 1, "Mended 601")):
        sheet.cell(row, column).value = value
    book.save(file)


@pytest.mark.full
def test_twelve_thousand_rows_become_tasks_each_once(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    to_the_check(page, running, workflow_id, csv_file(tmp_path / "all.csv", rows(12_480, {88: {1: "Germn"}})))
    assert figures(page) == {"All": 12_480, "Errors": 1, "Ready": 12_479}
    create(page, 12_479)
    expect_rows(page, Created=12_479, Waiting=0)
    expect_all_rows(page, 12_480)
    sent = [re.sub(" Created .*", "", text) for text in requests_of(page)]
    assert sent == [
        "1 5,000 rows, from 2 to 5,002",
        "2 5,000 rows, from 5,003 to 10,002",
        "3 2,479 rows, from 10,003 to 12,481",
    ]
    ids = running.task_ids(workflow_id)
    assert len(ids) == len(set(ids)) == 12_479
    page.get_by_role("link", name="Fix errors").click()
    press(page, "Apply")
    create(page, 1)
    expect(page.get_by_text("12,480 tasks created")).to_be_visible(timeout=30_000)
    assert len(running.task_ids(workflow_id)) == 12_480


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """By Tab alone; the focus is never lost on the way."""
    target.wait_for()
    for _ in range(120):
        if target.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press(key)
        assert active(page) != "BODY"
    raise AssertionError(f"{target} is not reached by Tab.")


def enter(page: Page, name: str | re.Pattern[str]) -> None:
    tab_to(page, page.get_by_role("button", name=name).first)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def test_the_keyboard_alone_does_it_all(page: Page, running: Office, workflow_id: int, tmp_path: Path) -> None:
    page.on("filechooser", lambda _: None)  # on a busy machine the key would be faster than the listening
    page.goto(running.address(workflow_id))
    expect(page.get_by_label("Drop a spreadsheet here")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(csv_file(tmp_path / "few.csv", rows(20, FEW_FAULTS)))
    expect(page).to_have_url(re.compile("/columns/$"))
    for name, words in zip(HUMAN_HEADER, ("Text", "Target", "Due", "Word", "Not"), strict=True):
        tab_to(page, page.get_by_label(f"Field of {name}"))
        page.keyboard.type(words)
    enter(page, "Check rows")
    expect_figures(page, Ready=16, Errors=4)
    fix_by_keyboard(page)
    leave_grid(page)
    tab_to(page, page.get_by_label("Test with one row first"))
    page.keyboard.press("Space")
    enter(page, "Create 19 tasks")
    expect_rows(page, Created=19)
    expect(page.locator("#file-name")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Fix errors"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid")).to_be_visible()
    leave_grid(page)
    enter(page, "Skip row")
    expect_figures(page, Skipped=1, Errors=0)
    assert len(running.task_ids(workflow_id)) == 19


def leave_grid(page: Page) -> None:
    page.locator("table.grid td[tabindex='0']").wait_for()
    page.keyboard.press("Escape")


def fix_by_keyboard(page: Page) -> None:
    """Correct a choice in two rows by the remedy under the grid, and a number in its cell."""
    expect(page.locator("table.grid td:focus")).to_have_count(1)
    page.keyboard.press("F8")
    page.keyboard.type("Ge")
    page.keyboard.press("Enter")
    expect_figures(page, Ready=17, Errors=3)
    page.keyboard.press("F8")
    page.keyboard.type("Ge")
    page.keyboard.press("Enter")
    expect_figures(page, Ready=18, Errors=2)
    page.keyboard.press("F8")
    expect(cell(page, "Text to translate", 7)).to_be_focused()
    page.keyboard.press("F8")
    expect(cell(page, "Word count", 9)).to_be_focused()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect_figures(page, Ready=19, Errors=1)


@pytest.mark.parametrize("javascript", [True, False], ids=["narrow", "without JavaScript"])
def test_pasted_rows_go_the_same_way(
    browser: Browser, running: Office, workflow_id: int, javascript: bool, tmp_path: Path
) -> None:
    """At the width of a phone, and without JavaScript: nothing is wider than the window, no step is missing."""
    size = {"width": 360, "height": 740}
    page = running.page(browser, java_script_enabled=javascript, viewport=size, timezone_id="Europe/Vienna")
    page.goto(running.address(workflow_id))
    page.locator("summary", has_text="Paste rows").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Choose a file or paste rows.")).to_be_visible()
    page.locator("summary", has_text="Paste rows").click()
    page.get_by_label("Paste from Excel or Sheets").fill(pasted(rows(30, FEW_FAULTS)))
    page.get_by_role("button", name="Continue").click()
    match_columns(page)
    expect(page.get_by_role("button", name="Apply to 2 rows")).to_be_visible()
    expect_fits(page)
    press(page, "Apply to 2 rows")
    for number, label, text in ((9, "Word count", "12"), (7, "Text to translate", "Mended")):
        page.locator(f"#row-{number}").get_by_role("link", name=str(number)).click()
        page.get_by_label(label).fill(text)
        expect_fits(page)
        press(page, "Save row")
    expect_figures(page, Ready=30, Errors=0)
    expect_fits(page)
    page.get_by_label("Test with one row first").check()
    press(page, "Create 30 tasks")
    press(page, "Send now")
    until_through(page)
    expect(page.get_by_text("30 tasks created")).to_be_visible()
    expect_fits(page)
    assert len(running.task_ids(workflow_id)) == 30


def pasted(body: list[list[object]]) -> str:
    """As a spreadsheet puts copied cells on the clipboard."""
    return "\n".join("\t".join(map(str, each)) for each in [HUMAN_HEADER, *body])


def expect_fits(page: Page) -> None:
    assert needed_width(page) <= 360


def until_through(page: Page) -> None:
    """By the page's own button where nothing refreshes it."""
    for _ in range(60):
        again = page.locator("noscript").get_by_role("link", name="Refresh")
        if page.get_by_text(re.compile(r"^\s*[\d,]+ tasks? created")).count():
            return
        if again.count() and again.is_visible():
            again.click()
        page.wait_for_timeout(300)


@pytest.mark.full
def test_every_page_and_state_up_to_the_sending_can_be_read_by_everybody(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    """By axe, in light and dark, wide and narrow; the focus is always somewhere."""
    page.goto(running.address(workflow_id))
    look_at(page)
    page.locator("summary", has_text="Paste rows").click()
    look_at(page)
    press(page, "Continue")
    look_at(page)
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    choose(page, running, workflow_id, tmp_path / "broken.xlsx")
    expect(page.get_by_role("heading", name="File options")).to_be_visible()
    look_at(page)
    twins = {row: dict(enumerate(rows(12)[10])) for row in (15, 16)}
    choose(page, running, workflow_id, csv_file(tmp_path / "few.csv", rows(20, FEW_FAULTS | twins)))
    expect(page).to_have_url(re.compile("/grid/$"))
    look_at(page)
    press(page, "Edit columns")
    look_at(page)
    for name in HUMAN_HEADER:
        page.get_by_label(f"Field of {name}").select_option("aside")
    press(page, "Check rows")
    look_at(page)
    match_columns(page)
    look_at(page)
    press(page, re.compile("^Apply"))
    look_at(page)
    for show in ("?show=ready", "?show=duplicates", "?reason=one-0"):
        page.goto(page.url.split("?")[0].replace("alike/", "") + show)
        look_at(page)
    page.locator("#grid-menu > summary").click()
    page.get_by_text("Find and replace").click()
    page.get_by_label("Find", exact=True).fill("Sentence 2")
    press(page, "Preview")
    look_at(page)
    page.goto(running.address(workflow_id))
    look_at(page)
