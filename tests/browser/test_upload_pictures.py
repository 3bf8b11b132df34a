"""Every state of the wizard as people meet it: axe is silent, nothing scrolls sideways, the keyboard is enough."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pipelines_portal.uploads.page_states import State
from tests.archives import files

from .demo import faults_seen
from .wizard import World, signed_in_page, world

pytestmark = pytest.mark.full

ROWS = [{"front": "one/front.png"}, {"front": "two/front.png"}]
SHOW = """async (state) => {
  const { View } = await import("/static/js/zip-upload/view.js");
  const view = new View(document.querySelector("zip-upload"));
  view.show(state);
  for (const name of ["stalled", "late", "offline", "mismatch"]) view.notice(name, true);
}"""
WIDTHS = {"wide": 1280, "narrow": 360}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a-rather-long-name-of-an-archive-of-invoices-from-november-2026.zip"
    path.write_bytes(files("one/front.png", "one/back.png", "two/front.png"))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_state_has_a_fault(browser: Browser, running: World, archive: Path, width: str, scheme: str) -> None:
    options = {"viewport": {"width": WIDTHS[width], "height": 800}, "color_scheme": scheme}
    page = signed_in_page(browser, running, **options)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(running.make_upload(archive, 58, ROWS, entries=["one/", "two/"]))
    expect(page.locator("[data-state=needs-file]")).to_be_visible()
    found = {}
    for state in State:
        page.evaluate(SHOW, state)
        found[state] = faults_seen(page)
    assert {state: what for state, what in found.items() if what} == {}
    assert complaints == []
    page.context.close()


def test_keyboard_is_enough(browser: Browser, running: World, archive: Path) -> None:
    """From the address of step 2 to the result with Tab, Enter and Space; focus is never lost."""
    page = signed_in_page(browser, running)
    page.on("filechooser", lambda _: None)  # on a busy machine the key would be faster than the listening
    page.goto(running.make_upload(archive, 58, ROWS, entries=["one/", "two/"]))
    expect(page.locator("#same-file")).to_be_visible()
    _tab_to(page, "#same-file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(archive)
    expect(page.locator('[data-when~="ready"] [data-do="start"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("p.headline")).to_have_text(re.compile(r"1 task created\s*,\s*1 rejected"), timeout=20_000)
    assert faults_seen(page) == []
    _tab_to(page, ".pagehead summary")
    page.keyboard.press("Enter")
    _tab_to(page, "text=Rejected rows (XLSX)")
    with page.expect_download():
        page.keyboard.press("Enter")
    page.context.close()


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(selector).evaluate("(wanted) => wanted === document.activeElement"):
            return
    raise AssertionError(f"{selector} cannot be reached with Tab.")


def test_open_confirm_and_result_pages_have_no_fault(browser: Browser, running: World, archive: Path) -> None:
    page = signed_in_page(browser, running, viewport={"width": 360, "height": 800})
    page.goto(running.make_upload(archive, 58, ROWS, entries=["one/", "two/"]))
    page.set_input_files("#same-file", archive)
    page.route("**/stored/", lambda route: route.abort())
    page.get_by_role("button", name=re.compile("Create [0-9,]+ task")).click()
    page.locator("strong", has_text="but the portal isn’t responding").wait_for()
    page.unroute("**/stored/")
    page.get_by_role("button", name="Try again").locator("visible=true").click()
    page.wait_for_url("**/result/")
    assert faults_seen(page) == []
    expect(page.locator("p.headline")).to_have_text(re.compile(r"1 task created\s*,\s*1 rejected"), timeout=20_000)
    assert faults_seen(page) == []
    page.context.close()
