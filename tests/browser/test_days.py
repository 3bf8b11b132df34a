"""A day of an operator and a day of a lead, in Chromium: what each must be able to do without losing anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import samples
from tests.browser.signing_in import sign_in
from tests.live import ExternalApi, Portal, external_api, portal, portal_worker

PASSWORD = "correct horse battery"
OPERATOR, LEAD = "ana@acme.example", "lena@acme.example"
TASKS = 40
# Texts that are typed with a fault first, each as somebody types it: left out, or sent a second time.
FAULTY, TWICE = (7, 23), 31


@dataclass
class Office:
    portal: Portal
    api: ExternalApi

    @property
    def tasks(self) -> str:
        return f"{self.portal.url}/keys/1/workflows/42/tasks/"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A team with a lead and an operator, a key that is shared with it, and a worker."""
    folder = tmp_path_factory.mktemp("office")
    with external_api(folder / "api") as api, portal(folder / "portal", api.url) as running:
        api.load(samples.organization("Acme", samples.workflow(42)))
        running.run("make_office", key=api.new_key("Acme"), lead=LEAD, operator=OPERATOR, password=PASSWORD)
        with portal_worker(running):
            yield Office(running, api)


def at_work(browser: Browser, office: Office, who: str) -> Page:
    page = browser.new_context(timezone_id="Europe/Vienna").new_page()
    page.on("pageerror", lambda error: (_ for _ in ()).throw(AssertionError(str(error))))
    sign_in(page, who, PASSWORD, at=office.portal.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def text(number: int) -> str:
    return f"Sentence number {number} of the day"


def create(page: Page, number: int) -> None:
    """By keyboard: the text has the focus, what stays is kept, Ctrl Shift Enter creates and starts another."""
    field = page.get_by_label(re.compile("^Text to translate"))
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    if number in FAULTY:
        page.keyboard.press("Control+Shift+Enter")
        expect(page.get_by_role("link", name=re.compile("Text to translate")).first).to_be_visible()
        expect(page).to_have_title(re.compile("^Error: "))
        field.focus()
    page.keyboard.type(text(number))
    page.keyboard.press("Control+Shift+Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    expect(page.get_by_text(text(number)).first).to_be_visible()


def test_a_day_of_an_operator(browser: Browser, office: Office) -> None:
    """40 tasks by form with faults, a batch, a search, a correction."""
    page = at_work(browser, office, OPERATOR)
    page.goto(office.tasks)
    page.keyboard.press("n")
    field = page.get_by_label(re.compile("^Text to translate"))
    expect(field).to_be_focused()
    page.get_by_label("German", exact=True).check()
    page.get_by_label("Pin Target language").check(force=True)
    field.focus()
    for number in range(TASKS):
        create(page, number)
    assert len(tasks_of(office)) == TASKS

    # The same again is asked about, and the task that exists is shown.
    expect(field).to_be_focused()
    page.keyboard.type(text(TWICE))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("with the same values", timeout=15_000)
    assert len(tasks_of(office)) == TASKS

    # A batch, pasted.
    page.goto(f"{office.portal.url}/keys/1/workflows/42/import/")
    rows = "\n".join(f"Pasted row {number}\tFrench" for number in range(30))
    page.locator("summary", has_text="Paste rows").click()
    page.get_by_label("Paste from Excel or Sheets").fill(f"input_text\ttarget_language\n{rows}")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Create 30 tasks").click(timeout=30_000)
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("30 tasks created")).to_be_visible(timeout=30_000)
    assert len(tasks_of(office)) == TASKS + 30

    # What was sent in the morning is found by a word and its beginning.
    page.goto(office.tasks)
    page.keyboard.press("/")
    page.keyboard.type(f"number {FAULTY[1]} sent")
    expect(page.get_by_role("option", name=re.compile("^All text matches"))).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    for _ in range(20):
        if page.locator("mark").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.get_by_role("row", name=re.compile(text(FAULTY[1]))).get_by_role("link").first.click()

    # It was wrong: the same again with a change is one more task.
    page.get_by_role("main").locator("summary", has_text="More").click()
    page.get_by_role("link", name=re.compile("Duplicate")).first.click()
    expect(field).to_have_value(text(FAULTY[1]))
    field.fill(f"{text(FAULTY[1])}, corrected")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    assert len(tasks_of(office)) == TASKS + 31

    # The day in one line, and all of it.
    page.goto(f"{office.portal.url}/submissions/")
    expect(page.locator("summary", has_text=re.compile(rf"\b{TASKS + 1} tasks"))).to_be_visible()


def test_a_day_of_a_lead(browser: Browser, office: Office) -> None:
    """Sees what the team sent, what moves and what stands, and hears of what waits for them."""
    if not tasks_of(office):
        office.portal.run("send_as", email=OPERATOR, texts=[text(number) for number in range(3)])
    page = at_work(browser, office, LEAD)
    page.get_by_role("region", name="Team today").get_by_role("link", name="Ana").click()
    expect(page.locator("summary", has_text=re.compile(r"\d+ tasks"))).to_be_visible()

    # The list of what failed is open when a task fails.
    failing = tasks_of(office)[-1]
    page.goto(f"{office.tasks}?status=failed")
    office.api.run("set_status", task_ids=[failing], status="failed")
    announced = page.get_by_role("link", name=re.compile(rf"^{failing}")).or_(page.get_by_text("1 new task"))
    expect(announced.first).to_be_visible(timeout=40_000)

    # And the one who sent it hears of it once, when the index has seen it.
    page.goto(f"{office.portal.url}/keys/1/workflows/42/overview/")
    expect(page.get_by_role("heading", name="Sent today")).to_be_visible()
    page.goto(f"{office.tasks}{failing}/")
    expect(page.get_by_text("Failed").first).to_be_visible()
    page.goto(f"{office.portal.url}/search/?q=sentence")
    expect(page.locator("h1")).to_have_text("Search")


def tasks_of(office: Office) -> list[int]:
    """At the API, the oldest first."""
    return office.api.run("task_ids", workflow_id=42)
