"""The pictures of the guide, of the demo: KEEP_PICTURES=1 keeps them in docs/pictures. Nothing compares pixels."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.archives import files
from tests.live import portal_worker

from .demo import OPENED, ORGANIZATION, Demo, demo, faults_seen, signed_in

pytestmark = [pytest.mark.picture, pytest.mark.full]
DOCS = Path(__file__).resolve().parents[2] / "docs"
KEPT = DOCS / "pictures"
NAMED = re.compile(r"!\[[^\]]+\]\((?:\.\./|docs/)?pictures/([\w-]+\.png)\)")
LARGEST = 150_000
WORDS = ("Where is my parcel?", "The invoice shows the wrong address.", "Please call me back after four.")
SAME_NAMES = "Subject,Customer message,Paying customer,Order value in euro,Received at,Channel,Urgency\n" + "".join(
    f"Parcel {n},{WORDS[n % 3]},{'perhaps' if n in (3, 5) else 'yes'},{n * 20_000},2026-11-2{n}T09:00Z,Email,4\n"
    for n in range(1, 8)
)

TYPED = [
    (f"Parcel {number}", text, paying, "2026-11-27 09:00", channel, str(number + 1))
    for number, text, paying, channel in (
        (1, WORDS[0], "yes", "Email"),
        (2, WORDS[1], "perhaps", "Chat"),
        (3, WORDS[2], "no", "Phone"),
    )
]
PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const options = { clipboardData, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
}"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo"), ("42", *OPENED)) as started, portal_worker(started.portal):
        started.portal.manage("send_demo_tasks")
        yield started


@pytest.fixture
def desk(browser: Browser, running: Demo) -> Iterator[Page]:
    page = signed_in(browser, running, viewport={"width": 1280, "height": 660}, color_scheme="light")
    page.emulate_media(reduced_motion="reduce")
    yield page
    page.context.close()


def home(page: Page, running: Demo) -> None:
    """Once the open tasks are counted."""
    for _ in range(120):
        page.goto(running.url)
        page.get_by_role("heading", name="Needs attention").wait_for()
        if not page.get_by_text("Counting").count():
            return
        page.wait_for_timeout(1000)
    raise AssertionError("The open tasks were not counted within two minutes.")


def keys(page: Page, running: Demo) -> None:
    page.goto(f"{running.url}/keys/")
    page.get_by_role("table").wait_for()


def new_task(page: Page, running: Demo) -> None:
    page.goto(running.workflow(43, "tasks/new/?view=form"))
    page.get_by_role("textbox").nth(1).fill(WORDS[0])
    page.locator("#draft-state").filter(has_text="saved").wait_for()


def task_list(page: Page, running: Demo) -> None:
    page.goto(running.workflow(43))
    page.get_by_role("table").wait_for()


def read_rows(page: Page, running: Demo, rows: str) -> None:
    page.goto(running.workflow(43, "import/"))
    page.set_input_files(
        "form.drop input[type=file]", {"name": "november.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.locator("form.drop button.primary").click()


def import_check(page: Page, running: Demo) -> None:
    """Matched by themselves."""
    read_rows(page, running, SAME_NAMES)
    page.get_by_role("grid").wait_for()


def unknown(page: Page, running: Demo) -> None:
    """Two rows whose answer was lost, and the two tasks that came of them."""
    key = running.api.new_key(ORGANIZATION)
    newest = running.api.server.get("/workflows/43/tasks?limit=1", key=key).json()["tasks"][0]["id"]
    rows = [
        {"subject": subject, "message": text, "is_paying": True, "received_at": "2026-11-27T09:00:00Z",
         "channel": channel, "urgency": 3}
        for subject, text, _, _, channel, _ in TYPED[:2]
    ]  # fmt: skip
    made = running.portal.run("make_unknown", workflow_id=43, rows=rows, newest=newest)
    answer = running.api.server.post("/workflows/43/tasks", key=key, json={"tasks": [{"fields": row} for row in rows]})
    assert answer.status_code in (200, 201), answer.text
    page.goto(f"{running.url}/submissions/{made}/")
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
    """Pasted rows, of which one has an error."""
    page.goto(running.workflow(43, "tasks/new/grid/"))
    expect(page.locator("tr[data-blank] td:focus")).to_have_count(1)
    page.evaluate(PASTE, "\n".join("\t".join(row) for row in TYPED))
    expect(page.locator("#row-3")).to_contain_text("Ready")


def task(page: Page, running: Demo) -> None:
    """One that was sent from the portal."""
    page.goto(running.workflow(42, "tasks/?q=sent:anyone"))
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("heading", name="Timeline").wait_for()


def sent(page: Page, running: Demo) -> None:
    page.goto(f"{running.url}/submissions/")
    page.get_by_role("table").wait_for()


TAKEN: dict[str, Callable[[Page, Demo], None]] = {
    "home.png": home, "grid.png": grid, "new-task.png": new_task, "import-check.png": import_check,
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
    desk.goto(running.workflow(43, "import/"))
    desk.get_by_role("link", name="Help", exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Import a spreadsheet")
