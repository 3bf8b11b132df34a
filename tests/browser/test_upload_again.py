"""What people stumbled over in the wizard: rows to complete, the same archive again, focus, names, no JavaScript."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.archives import files

from .demo import faults_seen, needed_width
from .wizard import World, choose_address, expect_created, signed_in_page

pytestmark = pytest.mark.full

SINGLE, SEVERAL, MIXED = 57, 58, 59
START = re.compile("Create [0-9,]+ task")


@pytest.fixture
def page(quiet_page: Page) -> Page:
    """A check that finds something is no error."""
    return quiet_page


def archive(path: Path, *names: str) -> Path:
    path.write_bytes(files(*names))
    return path


def heading(page: Page, words: str) -> None:
    expect(page.locator("[data-found]")).to_contain_text(words, timeout=20_000)


def test_rows_are_downloaded_completed_and_sent(page: Page, tmp_path: Path) -> None:
    """The whole way of a workflow with files and other fields; downloaded twice, as people do."""
    page.goto(choose_address(MIXED))
    page.set_input_files("#archive", archive(tmp_path / "receipts.zip", "may/a.png", "may/b.png", "may/c.png"))
    heading(page, "3 files found. Add a spreadsheet")
    for _ in range(2):
        with page.expect_download() as download:
            page.get_by_role("button", name="Download template (CSV)").click()
    rows = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert rows == [["Receipt", "Total"], ["may/a.png", ""], ["may/b.png", ""], ["may/c.png", ""]]
    completed = tmp_path / "rows.csv"
    completed.write_text("Receipt,Total\nmay/a.png,1\nmay/b.png,2\n")
    page.set_input_files("#rows-file", completed)
    heading(page, "2 tasks ready")
    expect(page.locator("#preview")).to_contain_text("1 file isn’t used")
    expect(page.locator("#preview")).to_contain_text("may/c.png")
    page.get_by_role("link", name=START).click()
    expect_created(page, 2)
    expect(page.get_by_role("region", name="Rows")).to_contain_text("may/a.png")


def test_the_same_archive_again_is_said_and_not_forbidden(page: Page, tmp_path: Path) -> None:
    path = archive(tmp_path / "scans.zip", "a.png", "b.png")
    for is_again in (False, True):
        page.goto(choose_address(SINGLE))
        page.set_input_files("#archive", path)
        heading(page, "2 tasks ready")
        expect(page.get_by_text("These files were uploaded before")).to_have_count(int(is_again))
        if not is_again:
            page.get_by_role("link", name=START).click()
            expect_created(page, 2)
    expect(page.locator("#preview")).to_contain_text("You · 2 tasks created")
    page.get_by_role("link", name="View upload").click()
    expect(page.locator("main")).to_contain_text("scans.zip")
    page.go_back()
    page.get_by_role("link", name="Choose the same file again").click()
    expect(page.get_by_text("These files were uploaded before")).to_be_visible()


def test_focus_goes_along_to_step_2(page: Page, running: World, tmp_path: Path) -> None:
    """Whether it sends at once, or asks for the file first: the reader is at what the page says."""
    page.goto(choose_address(SINGLE))
    page.set_input_files("#archive", archive(tmp_path / "one.zip", "a.png"))
    heading(page, "1 task ready")
    page.reload()
    page.get_by_role("link", name="Choose the same file again").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-when="needs-file"] [data-focus]')).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "same-file"
    page.get_by_role("link", name="Choose other files").filter(visible=True).click()
    heading(page, "1 task ready")


PRESS_AT_ONCE = """new MutationObserver((_, seeing) => {
  const link = document.querySelector("[data-upload-now]");
  if (link) { seeing.disconnect(); link.click(); }
}).observe(document, { childList: true, subtree: true })"""


def test_whoever_is_faster_than_the_page_keeps_the_file(page: Page, running: World, tmp_path: Path) -> None:
    """The way to step 2 is pressed in the moment in which it comes: it is no plain link, which would lose the file."""
    page.goto(choose_address(SINGLE))
    page.evaluate(PRESS_AT_ONCE)
    page.set_input_files("#archive", archive(tmp_path / "one.zip", "a.png"))
    expect_created(page, 1)


def test_one_decision_is_one_screen(page: Page, running: World, tmp_path: Path) -> None:
    """What was decided in step 1 is not asked again; whoever reloads step 2 decides there, once."""
    page.route("**/start/", lambda route: route.fulfill(json={"outcome": "problem", "message": "Not now."}))
    page.goto(choose_address(SINGLE))
    page.set_input_files("#archive", archive(tmp_path / "one.zip", "a.png"))
    heading(page, "1 task ready")
    page.get_by_role("link", name=START).press("Enter")
    expect(page.locator('[data-when="problem"] [data-focus]')).to_be_focused()
    page.unroute("**/start/")
    page.reload()
    page.set_input_files("#same-file", tmp_path / "one.zip")
    page.get_by_role("button", name=START).click()
    expect_created(page, 1)


def test_the_second_choice_of_a_page_shows_its_own_tasks(page: Page, tmp_path: Path) -> None:
    page.goto(choose_address(SINGLE))
    page.set_input_files("#archive", archive(tmp_path / "one.zip", "a.png"))
    heading(page, "1 task ready")
    page.set_input_files("#archive", archive(tmp_path / "two.zip", "b.png", "c.png"))
    heading(page, "2 tasks ready")
    expect(page.locator("#preview .tree")).to_have_text(re.compile(r"b\.png.*c\.png", re.DOTALL))


def test_without_javascript_step_2_promises_nothing(browser: Browser, running: World, tmp_path: Path) -> None:
    path = archive(tmp_path / "scans.zip", "a.png")
    page = signed_in_page(browser, running, java_script_enabled=False)
    page.goto(running.make_upload(path, SINGLE, [{"invoice": "a.png"}]))
    expect(page.locator("noscript p", has_text="needs JavaScript")).to_be_visible()
    expect(page.get_by_text("Preparing…")).to_be_hidden()
    page.goto(choose_address(SINGLE))
    expect(page.locator("folder-zip")).to_be_hidden()
    page.context.close()


def test_names_that_turn_around_and_endless_ones_keep_the_page_in_shape(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    path = archive(tmp_path / "a\u202egnp.zip", "x\u202egnp.exe.png", "n" * 1000 + ".png")
    rows = tmp_path / "rows.csv"
    rows.write_text("Receipt,Total\n" + "z" * 30_000 + ".png,1\n" + "n" * 1000 + ".png,2\n")
    page.goto(choose_address(MIXED))
    page.set_input_files("#archive", path)
    heading(page, "2 files found")
    page.set_input_files("#rows-file", rows)
    heading(page, "1 task ready, 1 row has errors")
    expect(page.locator(".filechip bdi")).to_have_text("a\ufffdgnp.zip")
    assert page.evaluate("document.documentElement.scrollHeight") < 4000
    assert needed_width(page) <= 360


@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_in_what_is_new(page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    found: dict[str, list[str]] = {}
    page.goto(choose_address(MIXED))
    page.set_input_files("#archive", archive(tmp_path / "receipts.zip", "may/a.png"))
    heading(page, "1 file found")
    found["rows wanted"] = faults_seen(page)
    path = archive(tmp_path / f"{width}.zip", "one/front.png", "one/back.png", "two/front.png")
    for name in ("first", "again"):
        page.goto(choose_address(SEVERAL))
        page.set_input_files("#archive", path)
        heading(page, "1 task ready, 1 will be rejected by Pipelines")
        found[name] = faults_seen(page)
        page.get_by_role("link", name=START).click()
        expect(page.locator("p.headline")).to_contain_text("1 task created", timeout=20_000)
        found[f"{name}: result"] = faults_seen(page)
    page.goto("/submissions/")
    found["submissions"] = faults_seen(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_what_was_found_stands_before_the_help(page: Page, tmp_path: Path) -> None:
    """At 360 px, where one stands below the other; and the way on beside the headline."""
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(choose_address(SINGLE))
    page.set_input_files("#archive", archive(tmp_path / "one.zip", "a.png"))
    heading(page, "1 task ready")
    found, rules = (page.locator(place).bounding_box() for place in ("[data-upload-now]", "aside"))
    assert found and rules and found["y"] < rules["y"]
    expect(page.locator("#preview .tree li")).to_have_text(re.compile(r"^\s*a\.png\s+→ Invoice\s*$"))
