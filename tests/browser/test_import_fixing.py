"""An import in Chromium up to the sending: chosen, matched, checked and fixed, by keyboard and without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import samples
from tests.browser.demo import accessibility_faults, needed_width
from tests.browser.importing import cell, go_on_without_script
from tests.browser.signing_in import sign_in
from tests.live import Portal, external_api, portal

EMAIL, PASSWORD = "maria@acme.example", "correct horse battery"
FIELDS = [*samples.TRANSLATION_FIELDS, samples.field("due", "datetime")]
ROWS = "Titre,Target language,due\nBonjour,Germn,\nHello,French,3/5/2026\n,French,\nBye,Germn,\n"
IMPORTS = "/keys/1/workflows/42/import/"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with external_api(tmp_path_factory.mktemp("api")) as api:
        api.load(samples.organization("Acme", samples.workflow(42, fields=FIELDS)))
        with portal(tmp_path_factory.mktemp("portal"), api.url) as started:
            key = api.new_key("Acme")
            started.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=key, workflow_id=42)
            yield started


@pytest.fixture
def page(browser: Browser, running: Portal) -> Page:
    context = browser.new_context(base_url=running.url, timezone_id="Europe/Vienna", reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, EMAIL, PASSWORD)
    page.get_by_role("link", name="French").first.wait_for()
    return page


def to_the_columns(page: Page, folder: Path, rows: str = ROWS) -> None:
    file = folder / "rows.csv"
    file.write_text(rows)
    page.goto(IMPORTS)
    page.get_by_label("Drop a spreadsheet here").set_input_files(file)
    go_on_without_script(page)
    page.wait_for_url("**/grid/")
    page.get_by_role("button", name="Edit columns").press("Enter")
    page.wait_for_url("**/columns/")


def to_the_check(page: Page, folder: Path) -> None:
    to_the_columns(page, folder)
    page.get_by_label("Field of Titre").select_option("field:input_text")
    if page.get_by_label("Day first").is_visible():  # it is remembered for the next file
        page.get_by_label("Day first").check()
        page.get_by_label("Time zone").select_option("Europe/Vienna")
    page.get_by_role("button", name="Check rows").press("Enter")
    page.wait_for_url("**/grid/")


def test_every_page_is_accessible_and_narrow_and_breaks_no_policy(page: Page, tmp_path: Path) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for step in (to_the_columns, to_the_check):
        step(page, tmp_path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert accessibility_faults(page) == []
        page.set_viewport_size({"width": 320, "height": 700})
        assert needed_width(page) <= 320
        page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(IMPORTS)
    assert accessibility_faults(page) == []
    assert said == []


@pytest.mark.full
def test_the_clocks_are_those_around_the_person(page: Page, tmp_path: Path) -> None:
    to_the_columns(page, tmp_path, ROWS.replace("Titre", "Titel"))
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Vienna")


def test_a_cell_is_saved_when_one_goes_on_to_the_next(page: Page, tmp_path: Path) -> None:
    """By keyboard: F8 goes to the next error, a letter picks the choice, and the numbers follow."""
    to_the_check(page, tmp_path)
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("F8")
    expect(cell(page, "Target language", 2)).to_be_focused()
    page.keyboard.type("ge")
    with page.expect_response("**/grid/cells/**"):
        page.keyboard.press("Enter")
    expect(page.locator("#row-2")).to_contain_text("Ready")
    expect(cell(page, "Target language", 2)).to_have_text("German")
    expect(page.get_by_role("button", name="Create 2 tasks")).to_be_visible()
    expect(cell(page, "Target language", 3)).to_be_focused()


def test_an_error_of_many_rows_is_corrected_and_the_change_undone_by_keyboard(page: Page, tmp_path: Path) -> None:
    to_the_check(page, tmp_path)
    change = page.get_by_label("Replace with , Target language")
    change.select_option("German")
    change.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="2 rows updated")).to_contain_text("3 ready")
    page.get_by_role("button", name="Undo: Replace with “German”").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Undone")).to_have_count(1)


@pytest.mark.full
def test_a_file_is_dropped(page: Page) -> None:
    page.goto(IMPORTS)
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["Ohne,Target language\\nHallo,German\\n"], "dropped.csv"));
            const zone = document.querySelector("[data-drop]");
            zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.wait_for_url("**/grid/")
    expect(page.get_by_role("heading", name="dropped.csv")).to_be_visible()


def test_without_javascript_it_works_the_same(browser: Browser, running: Portal, tmp_path: Path) -> None:
    context = browser.new_context(base_url=running.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, EMAIL, PASSWORD)
    to_the_check(page, tmp_path)
    page.locator("#row-2").get_by_role("link", name="2").click()
    page.get_by_label("Target language").select_option("German")
    page.get_by_role("button", name="Save row").click()
    expect(page.get_by_text("1 row updated")).to_be_visible()
    page.locator("#row-4").get_by_role("link", name="4").click()
    page.get_by_role("button", name="Skip row").click()
    expect(page.get_by_text("1 row skipped")).to_contain_text("2 ready")
