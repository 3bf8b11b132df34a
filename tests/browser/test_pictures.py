"""The pictures of the guide, of the demo: KEEP_PICTURES=1 keeps them in docs/pictures. Nothing compares pixels."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.archives import files

from .demo import ORDER_ENTRY, Demo, demo, faults_seen, signed_in

pytestmark = [pytest.mark.picture, pytest.mark.full]
DOCS = Path(__file__).resolve().parents[2] / "docs"
KEPT = DOCS / "pictures"
NAMED = re.compile(r"!\[[^\]]+\]\((?:\.\./|docs/)?pictures/([\w-]+\.png)\)")
LARGEST = 160_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo"), has_story=True) as started:
        yield started


@pytest.fixture
def desk(browser: Browser, running: Demo) -> Iterator[Page]:
    page = signed_in(browser, running, viewport={"width": 1280, "height": 660}, color_scheme="light")
    page.emulate_media(reduced_motion="reduce")
    yield page
    page.context.close()


def home(page: Page, running: Demo) -> None:
    page.goto(running.url)
    page.get_by_role("button", name="Hide").click()
    page.get_by_role("heading", name="Team today").wait_for()


def keys(page: Page, running: Demo) -> None:
    page.goto(f"{running.url}/keys/")
    page.get_by_role("table").wait_for()


def new_task(page: Page, running: Demo) -> None:
    """With the draft of the story in it."""
    page.goto(running.workflow(ORDER_ENTRY, "tasks/new/?view=form"))
    page.get_by_role("textbox").nth(2).wait_for()


def task_list(page: Page, running: Demo) -> None:
    page.goto(running.workflow(ORDER_ENTRY))
    page.get_by_role("table").wait_for()


def import_check(page: Page, running: Demo) -> None:
    page.goto(running.url)
    page.get_by_role("link", name="orders-q4.xlsx in Order entry", exact=True).click()
    page.get_by_role("grid").wait_for()


def unknown(page: Page, running: Demo) -> None:
    """Open the page of an upload whose answer was lost, with the tasks that may be its own."""
    page.goto(running.url)
    page.get_by_role("link", name="november.zip in Receipt matching", exact=True).click()
    page.locator("#confirm-tasks").wait_for()


def zip_check(page: Page, running: Demo) -> None:
    page.goto(running.workflow(57, "upload/"))
    archive = files(*(f"2026-04{n}.pdf" for n in range(11, 16)))
    page.set_input_files("#archive", {"name": "november.zip", "mimeType": "application/zip", "buffer": archive})
    page.locator("[data-found]").wait_for()


def people(page: Page, running: Demo) -> None:
    page.goto(f"{running.url}/people/")
    page.get_by_role("link", name="Ben Okafor").wait_for()


def grid(page: Page, running: Demo) -> None:
    """Typed orders, of which two have an error."""
    page.goto(running.url)
    page.get_by_role("button", name="Paste").click()
    page.get_by_role("grid").wait_for()
    expect(page.locator("tr[data-blank] td:focus")).to_have_count(1)


def task(page: Page, running: Demo) -> None:
    """One that was sent from the portal."""
    page.goto(running.workflow(ORDER_ENTRY, "tasks/?q=sent:anyone"))
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("heading", name="Timeline").wait_for()


def sent(page: Page, running: Demo) -> None:
    page.goto(f"{running.url}/submissions/")
    page.get_by_role("table").wait_for()


TAKEN: dict[str, Callable[[Page, Demo], None]] = {
    "grid.png": grid, "home.png": home, "new-task.png": new_task, "import-check.png": import_check,
    "task-list.png": task_list, "task.png": task, "sent.png": sent, "unknown.png": unknown,
    "zip-check.png": zip_check, "keys.png": keys, "people.png": people,
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_the_page_can_be_taken(name: str, desk: Page, running: Demo, tmp_path: Path) -> None:
    TAKEN[name](desk, running)
    folder = KEPT if os.environ.get("KEEP_PICTURES") else tmp_path
    desk.screenshot(path=folder / name, animations="disabled", caret="hide")
    assert (folder / name).stat().st_size < LARGEST


def test_each_picture_that_is_named_is_taken_and_there() -> None:
    documents = [DOCS.parent / "README.md", *DOCS.rglob("*.md")]
    named = {name for document in documents for name in NAMED.findall(document.read_text())}
    assert named == TAKEN.keys() == {path.name for path in KEPT.glob("*.png")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_page_of_the_guide_has_no_fault(desk: Page, running: Demo, width: int, scheme: str) -> None:
    """Nor does it break its own policy."""
    said: list[str] = []
    desk.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    desk.set_viewport_size({"width": width, "height": 800})
    desk.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    faults = {}
    for path in ("", "operators/find/", "administrators/many-servers/", "integrators/errors/", "search/?q=import"):
        desk.goto(f"{running.url}/help/{path}")
        faults[path] = faults_seen(desk)
    assert not any(faults.values()), faults
    expect(desk.locator("article.prose h1")).to_be_visible()
    assert said == []


def test_help_leads_to_the_page_that_is_about_this_one(desk: Page, running: Demo) -> None:
    desk.goto(running.workflow(ORDER_ENTRY, "import/"))
    desk.get_by_role("link", name="Help", exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Import a spreadsheet")
