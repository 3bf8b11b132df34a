"""An office that imports: API, portal and worker in processes of their own, a line and an API of faults between."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests import samples, starting
from tests.browser.demo import accessibility_faults, needed_width, until_true
from tests.browser.tcp_proxy import Line, line
from tests.faulty_api import FaultyApi, faulty_api
from tests.live import ExternalApi, Portal, external_api, portal, portal_worker

OWNER, COLLEAGUE, PASSWORD = "maria@acme.example", "ben@acme.example", "pipelines-demo"
ORGANIZATION, INSIDE = "Acme", "tests.entry.imports.inside_portal"
LANGUAGES = ["French", "German", "Spanish"]
FIELDS = [
    samples.field("input_text", "long_text", required=True, title="Text to translate"),
    samples.field("target_language", "select", required=True, title="Target language", options=LANGUAGES),
    samples.field("due_date", "datetime", title="Due date"),
    samples.field("word_count", "numeric", title="Word count", min=1, max=500),
]
# As people call them: none is a field's name or title.
HUMAN_HEADER = ["Source sentence", "Language", "Deadline", "Words", "Our reference"]
HUMAN_FIELDS = ["field:input_text", "field:target_language", "field:due_date", "field:word_count", "aside"]
TITLES = ["Text to translate", "Target language", "Due date", "Word count"]
Rows = Sequence[Sequence[object]]


@dataclass
class Office:
    """Everything running. Each test takes a workflow of its own, so that none meets what another sent."""

    api: ExternalApi
    key: str
    portal: Portal
    wire: Line
    between: FaultyApi
    worker: starting.Process
    workflows: Iterator[int]
    stack: ExitStack
    cookies: dict[str, str] = field(default_factory=dict)

    def page(self, browser: Browser, email: str = OWNER, **options: Any) -> Page:
        """Signed in, in a context of its own, which is another device."""
        context = browser.new_context(base_url=self.portal.url, **options)
        if email not in self.cookies:
            self.cookies[email] = self.portal.sign_in(email, PASSWORD).cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": self.cookies[email], "url": self.portal.url}]
        )
        return context.new_page()

    def address(self, workflow_id: int, tail: str = "") -> str:
        return f"{self.portal.url}/keys/1/workflows/{workflow_id}/import/{tail}"

    def load(self, workflow_id: int, fields: Any = None, status: str = "ACTIVE") -> None:
        """The workflow as its owner makes or changes it at the API."""
        self.api.load(samples.organization(ORGANIZATION, workflow(workflow_id, fields, status)))

    def task_ids(self, workflow_id: int) -> list[int]:
        """All tasks there are, newest first."""
        ids: list[int] = []
        cursor = ""
        while True:
            query = f"?limit=200&cursor={cursor}" if cursor else "?limit=200"
            page = self.api.server.get(f"/workflows/{workflow_id}/tasks{query}", key=self.key).json()
            ids += [task["id"] for task in page["tasks"]]
            if not (cursor := page["next_cursor"]):
                return ids

    def run(self, name: str, **given: Any) -> Any:
        return self.portal.run(name, of=INSIDE, **given)

    def restart_worker(self) -> None:
        """After it was killed, at whatever it was."""
        self.worker.kill()
        self.worker.wait()
        self.worker = self.stack.enter_context(portal_worker(self.portal))

    def posts(self) -> int:
        """Requests for tasks that left the portal."""
        return sum(request.startswith("POST") for request in self.between.requests)


def workflow(workflow_id: int, fields: Any = None, status: str = "ACTIVE") -> dict[str, Any]:
    return samples.workflow(workflow_id, status=status, fields=FIELDS if fields is None else fields)


@contextmanager
def office(folder: Path, workflows: int = 20, **portal_env: str) -> Iterator[Office]:
    """The portal reaches the API by a line that can be cut, then by an API that can be told to fail."""
    ids = list(range(101, 101 + workflows))
    stack = ExitStack()
    with external_api(folder / "api") as api, faulty_api() as between, line() as wire:
        between.behind, wire.target = api.server.url, between.url.removesuffix("/api/v1")
        api.load(samples.organization(ORGANIZATION, *map(workflow, ids)))
        key = api.new_key(ORGANIZATION)
        env = {"API_TIMEOUT_SECONDS": "2"} | portal_env
        with portal(folder / "portal", f"{wire.origin}/api/v1", **env) as running:
            people = [OWNER, COLLEAGUE]
            running.run("make_office", of=INSIDE, emails=people, password=PASSWORD, key=key, workflow_ids=ids)
            with stack:
                worker = stack.enter_context(portal_worker(running))
                yield Office(api, key, running, wire, between, worker, iter(ids), stack)


def row(number: int, run: str = "Sentence") -> list[object]:
    """A good one, unlike all others."""
    due = (date(2026, 3, 30) + timedelta(days=number % 300)).isoformat()
    return [f"{run} {number}", LANGUAGES[number % 3], due, number % 500 + 1, f"REF-{number:05}"]


def rows(count: int, changes: dict[int, dict[int, object]] | None = None, run: str = "Sentence") -> list[list[object]]:
    """`changes` by the file's row number, its first below the header being 2, and by column."""
    made = [row(number, run) for number in range(2, count + 2)]
    for number, cells in (changes or {}).items():
        for place, cell in cells.items():
            made[number - 2][place] = cell
    return made


def csv_file(path: Path, body: Rows, header: Sequence[str] = HUMAN_HEADER) -> Path:
    out = io.StringIO()
    csv.writer(out).writerows([header, *body])
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def titled_file(path: Path, body: Rows) -> Path:
    """Its columns are called as the fields are."""
    return csv_file(path, [row[: len(TITLES)] for row in body], TITLES)


def xlsx_file(path: Path, body: Rows, header: Sequence[str] = HUMAN_HEADER) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Rows")
    for each in [header, *body]:
        sheet.append(list(each))
    book.save(path)
    return path


def xlsx_rows(path: Path) -> list[tuple[Any, ...]]:
    return list(load_workbook(path).worksheets[0].iter_rows(values_only=True))


def choose(page: Page, office: Office, workflow_id: int, file: Path) -> None:
    page.goto(office.address(workflow_id))
    page.get_by_label("Drop a spreadsheet here").set_input_files(file)
    go_on_without_script(page)


def go_on_without_script(page: Page) -> None:
    """A chosen file goes on by itself, but where no script runs."""
    button = page.locator("noscript").get_by_role("button", name="Continue")
    if button.count():
        button.press("Enter")
        page.wait_for_load_state()


def check_titled(page: Page, office: Office, workflow_id: int, file: Path, body: Rows) -> None:
    """Columns that are called as the fields are need no matching."""
    choose(page, office, workflow_id, titled_file(file, body))
    expect(page).to_have_url(re.compile("/grid/"), timeout=60_000)
    page.wait_for_load_state()


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()


def match_columns(page: Page, header: Sequence[str] = HUMAN_HEADER, fields: Sequence[str] = HUMAN_FIELDS) -> None:
    """From the check of what matched by itself to the columns, and back with all of them matched."""
    expect(page).to_have_url(re.compile("/(check|columns)/$"), timeout=60_000)
    page.wait_for_load_state()
    if "/grid/" in page.url:
        press(page, "Edit columns")
        expect(page).to_have_url(re.compile("/columns/$"), timeout=60_000)
    for name, known in zip(header, fields, strict=True):
        page.get_by_label(f"Field of {name}").select_option(known)
    if page.get_by_label("Time zone").count():
        _choose_zone(page)
    press(page, "Check rows")
    if page.get_by_text("No time zone").count():  # without JavaScript, the page asks once a column has times
        press(page, "Edit columns")
        _choose_zone(page)
        press(page, "Check rows")


def _choose_zone(page: Page) -> None:
    """Without JavaScript nobody knows it."""
    zone = page.get_by_label("Time zone")
    if zone.is_visible() and not zone.input_value():
        zone.select_option("Europe/Vienna")


def to_the_check(page: Page, running: Office, workflow_id: int, file: Path) -> None:
    """Chosen and matched."""
    choose(page, running, workflow_id, file)
    match_columns(page)
    expect(page).to_have_url(re.compile("/grid/"), timeout=60_000)
    page.wait_for_load_state()


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as begun:
        page.get_by_role("link", name=name).first.click()
    path = folder / begun.value.suggested_filename
    begun.value.save_as(path)
    return path


def active(page: Page) -> str:
    """What has the focus."""
    return page.evaluate("document.activeElement.tagName")


def look_at(page: Page) -> None:
    """Wide and narrow, light and dark: axe finds nothing, nothing scrolls sideways, and the focus is somewhere.

    A page that goes on by itself meanwhile is looked at where it leads to.
    """
    for _ in range(5):
        try:
            return _look(page)
        except PlaywrightError as error:
            if "Execution context was destroyed" not in str(error):
                raise
    raise AssertionError("The page never stays.")


def _look(page: Page) -> None:
    page.wait_for_load_state()
    until_true(page, "!['BODY', undefined].includes(document.activeElement?.tagName)")
    for width, scheme in ((1440, "light"), (1440, "dark"), (360, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert accessibility_faults(page) == [], (width, scheme)
        assert needed_width(page) <= width
    page.set_viewport_size({"width": 1440, "height": 900})


def expect_silence(page: Page) -> list[str]:
    """What the console says, but for answers that tell of a form's errors; to be empty in the end."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    return said


def figures(page: Page) -> dict[str, int]:
    """Return the numbers on the filters of the grid, by their words."""
    chips = page.locator("#chips .chip").all_inner_texts()
    return {words.rsplit(maxsplit=1)[0]: int(words.split()[-1].replace(",", "")) for words in chips}


def expect_sum(page: Page, total: int) -> None:
    """Expect the filters of the grid to add up to all rows."""
    counts = figures(page)
    assert counts.pop("All") == total == sum(counts.values()), counts


def expect_figures(page: Page, seconds: float = 60, **wanted: int) -> None:
    """Expect `Errors=3`: the filter "Errors" of the grid to count 3 rows."""
    for word, number in wanted.items():
        chip = page.locator("#chips .chip").filter(has_text=re.compile(f"^\\s*{word}"))
        if number:
            expect(chip.locator("b")).to_have_text(f"{number:,}", timeout=seconds * 1000)
        else:
            expect(chip.filter(has_not_text=re.compile(r"\b0\s*$"))).to_have_count(0, timeout=seconds * 1000)


def cell(page: Page, column: str, row: int) -> Locator:
    """Return the cell of the grid in a column, by its heading, and a row, by its number."""
    headings = page.locator("table.grid thead th").all_inner_texts()
    place = [text.strip() for text in headings].index(column)
    return page.locator(f"#row-{row} > *").nth(place)


def type_into(page: Page, column: str, row: int, text: str) -> None:
    """Type into a cell of the grid and save it."""
    cell(page, column, row).click()
    page.keyboard.press("F2")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)
    with page.expect_response("**/cells/**"):
        page.keyboard.press("Enter")


def create(page: Page, count: int) -> None:
    """Create the ready rows. Many rows wait, so that it can be undone; this does not wait."""
    press(page, f"Create {count:,} task{'' if count == 1 else 's'}")
    if count > 20:
        press(page, "Send now")


def expect_rows(page: Page, seconds: float = 60, **wanted: int) -> None:
    """`Waiting=3`: the filter "Waiting" of the import's page counts 3 rows."""
    for word, number in wanted.items():
        chip = page.get_by_label("Filter rows").get_by_role("link", name=re.compile(f"^{word}"))
        if number:
            expect(chip.locator("b")).to_have_text(f"{number:,}", timeout=seconds * 1000)
        else:
            counted = chip.filter(has_not_text=re.compile(r"\b0\s*$"))
            expect(counted).to_have_count(0, timeout=seconds * 1000)


def expect_all_rows(page: Page, total: int) -> None:
    """The filters of the import's page add up to all rows."""
    chips = page.get_by_label("Filter rows").locator(".chip").all_inner_texts()
    counts = {words.rsplit(maxsplit=1)[0]: int(words.split()[-1].replace(",", "")) for words in chips}
    attention = counts.pop("Needs attention", 0)
    assert counts.pop("All") == total == sum(counts.values()) and attention <= total, chips


def answer_late(page: Page) -> None:
    """Let each answer for the page's scripts come 400 ms later."""
    page.evaluate(
        """() => {
            const [fetched, send] = [window.fetch, XMLHttpRequest.prototype.send];
            window.fetch = async (...given) => {
                const answer = await fetched(...given);
                await new Promise((resolve) => setTimeout(resolve, 400));
                return answer;
            };
            XMLHttpRequest.prototype.send = function (...given) {
                const { onload } = this;
                this.onload = () => setTimeout(() => onload.call(this), 400);
                return send.call(this, ...given);
            };
            XMLHttpRequest.prototype.addEventListener = function (name, listener) {
                const late = (event) => setTimeout(() => listener(event), 400);
                EventTarget.prototype.addEventListener.call(this, name, late);
            };
        }"""
    )
