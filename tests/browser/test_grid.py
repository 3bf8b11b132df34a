"""The grid in Chromium by keyboard alone: typing tickets, pasting rows, a large file, and correcting failed tasks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import samples
from tests.browser.importing import (
    COLLEAGUE,
    LANGUAGES,
    Office,
    cell,
    choose,
    download,
    expect_figures,
    expect_silence,
    look_at,
    office,
    rows,
    titled_file,
)
from tests.live import wait_until

CHANNELS = ["Email", "Chat", "Phone", "Web form"]
TICKET = [
    samples.field("subject", required=True),
    samples.field("message", "long_text", required=True),
    samples.field("paying", "boolean", required=True),
    samples.field("received", "datetime", required=True),
    samples.field("channel", "select", required=True, options=CHANNELS),
    samples.field("urgency", "rating", required=True, min=1, max=5),
    samples.field("order_value", "numeric", required=True),
    samples.field("product", required=True),
    samples.field("language", "select", required=True, options=LANGUAGES),
    samples.field("city", required=True),
    samples.field("notes", required=True),
]
# What a person types into the eleven fields. Letters pick a choice; "y" is yes.
TYPED = ["", "I was charged twice", "y", "today 9am", "ph", "4", "1234,5", "Lamp", "ge", "Graz", "called"]
# The status of a row that is saved and left.
JUDGED = re.compile("error|Ready")
COUNT_KEYS = """
    window.keys = 0;
    document.addEventListener("keydown", ({ key }) => key.length > 1 && (window.keys += 1), true);
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office"), workflows=24) as running:
        yield running


@pytest.fixture
def workflow_id(running: Office) -> int:
    return next(running.workflows)


@pytest.fixture
def page(browser: Browser, running: Office) -> Iterator[Page]:
    size = {"width": 1440, "height": 900}
    page = running.page(browser, viewport=size, reduced_motion="reduce", timezone_id="Europe/Vienna")
    said = expect_silence(page)
    yield page
    assert said == []


def open_grid(page: Page, running: Office, workflow_id: int) -> None:
    page.goto(f"{running.portal.url}/keys/1/workflows/{workflow_id}/sheets/new/")
    expect(page.locator("tr[data-blank] td:focus")).to_have_count(1)


def paste(page: Page, text: str) -> None:
    """Paste by the event: a headless browser has no clipboard of its own."""
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const options = { clipboardData, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        text,
    )


def table(body: list[list[Any]], header: list[str] | None = None) -> str:
    return "\n".join("\t".join(map(str, row)) for row in ([header] if header else []) + body)


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.full)])
def test_an_operator_types_tickets_and_creates_them_without_a_page_load(
    page: Page, running: Office, workflow_id: int, count: int
) -> None:
    """At most twelve control keys for a ticket of eleven fields."""
    running.load(workflow_id, TICKET)
    open_grid(page, running, workflow_id)
    page.evaluate(COUNT_KEYS)
    for number in range(count):
        for text in [f"Ticket {number}", *TYPED[1:]]:
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.keyboard.press("ControlOrMeta+Enter")
        expect(page.locator(f"#row-{number + 1} .state a")).to_be_visible(timeout=20_000)
        expect(page.locator("tr[data-blank] td:focus")).to_have_count(1)
    # The keys of one ticket are Tab eleven times, Control and Enter.
    assert page.evaluate("window.keys") <= 13 * count
    expect(page.get_by_role("link", name=f"{count} created")).to_be_visible()
    assert len(set(running.task_ids(workflow_id))) == len(running.task_ids(workflow_id)) == count
    assert cell(page, "Received", 1).inner_text().endswith(" 09:00")
    look_at(page)


def test_errors_stay_and_are_corrected_in_their_cells(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    page.keyboard.type("Hello")
    page.keyboard.press("Tab")
    # The row is saved, and its empty cell is an error that is not shown yet. The focus is.
    expect(page.locator("#row-1 td.bad:focus")).to_have_count(1)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    expect(page.locator("#row-1 .state")).to_have_text("Editing")
    expect(page.locator("#tray .issue")).to_have_count(0)
    page.keyboard.type("Klingon")
    page.keyboard.press("Enter")
    expect(page.locator("#row-1")).to_contain_text("Not an option")
    page.emulate_media(forced_colors="active")
    expect(page.locator("#row-1 td.bad").first).to_have_css("border-left-width", "4px")
    page.emulate_media(forced_colors="none")
    expect(page.get_by_role("button", name="Create tasks")).to_be_visible()
    page.reload()
    expect(cell(page, "Target language", 1)).to_contain_text("Klingon")
    page.keyboard.press("F8")
    expect(cell(page, "Target language", 1)).to_be_focused()
    page.keyboard.press("1")
    expect(cell(page, "Target language", 1)).to_have_text("French")
    expect(page.locator("#row-1")).to_contain_text("Ready")
    page.keyboard.press("Delete")
    expect(page.locator("#row-1")).to_contain_text("Required")
    page.keyboard.press("ControlOrMeta+z")
    expect(cell(page, "Target language", 1)).to_have_text("French")
    page.keyboard.press("ControlOrMeta+y")
    expect(page.locator("#row-1")).to_contain_text("Required")
    page.keyboard.press("ControlOrMeta+z")
    expect(cell(page, "Target language", 1)).to_have_text("French")
    look_at(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('table')")
    assert running.task_ids(workflow_id) == []


def test_what_was_typed_is_saved_before_a_filter_hides_its_row(page: Page, running: Office, workflow_id: int) -> None:
    """A row is new until the portal has it, whether or not the page still shows it."""
    open_grid(page, running, workflow_id)
    paste(page, table([["One", "French"], ["Two", "Frensh"]]))
    expect_figures(page, Errors=1, Ready=1)
    held: list[Route] = []
    page.route("**/cells/**", lambda route: held.append(route), times=1)
    cell(page, "Text to translate", 3).click()
    page.keyboard.type("Three")
    page.locator("#chip-errors").click()
    page.wait_for_timeout(500)
    expect(page.locator("#row-1")).to_be_visible()  # the filter waits for the post
    held.pop().continue_()
    expect(page.locator("#row-1")).to_have_count(0)
    expect(page.locator("#chip-errors b")).to_have_text("2")
    expect(cell(page, "Text to translate", 3)).to_have_text("Three")
    page.locator("#chip-all").click()
    expect(page.locator("tr[data-blank]")).to_have_id("row-4")
    page.route("**/grid/?show=errors", lambda route: held.append(route), times=1)
    page.locator("#chip-errors").click()
    cell(page, "Text to translate", 4).click()
    page.keyboard.type("Four")
    held.pop().continue_()
    expect(page.locator("#row-1")).to_have_count(0)
    expect(page.locator("#chip-errors b")).to_have_text("3")
    page.reload()
    expect(cell(page, "Text to translate", 4)).to_have_text("Four")


def test_typing_goes_on_when_the_sheet_comes_again(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table([["One", "French"], ["Two", "Frensh"]]))
    expect_figures(page, Errors=1, Ready=1)
    held: list[Route] = []
    page.route("**/grid/?show=errors", lambda route: held.append(route), times=1)
    page.locator("#chip-errors").click()
    cell(page, "Text to translate", 2).click()
    page.keyboard.type("Two and ")
    held.pop().continue_()
    expect(page.locator("#row-1")).to_have_count(0)
    page.keyboard.type("a half")
    page.keyboard.press("Enter")
    expect(cell(page, "Text to translate", 2)).to_have_text("Two and a half")
    cell(page, "Text to translate", 2).click()
    page.keyboard.press("F2")
    page.keyboard.type("!")
    page.keyboard.press("Enter")
    expect(cell(page, "Text to translate", 2)).to_have_text("Two and a half!")


def test_a_digit_picks_only_where_it_begins_no_longer_choice(page: Page, running: Office, workflow_id: int) -> None:
    fields = [
        samples.field("subject", required=True),
        samples.field("score", "rating", required=True, min=0, max=10),
        samples.field("share", "select", required=True, options=["10", "20", "30"]),
        samples.field("channel", "select", required=True, options=CHANNELS),
    ]
    running.load(workflow_id, fields)
    open_grid(page, running, workflow_id)
    for number, (score, share) in enumerate([("10", "30"), ("1", "1"), ("7", "20")], start=1):
        for text in [f"Ticket {number}", score, share, "2"]:
            page.keyboard.type(text)
            page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Create 3 tasks")).to_be_visible()
    shown = [[cell(page, name, row).inner_text() for name in ("Score", "Share", "Channel")] for row in (1, 2, 3)]
    assert shown == [["10", "30", "Chat"], ["1", "10", "Chat"], ["7", "20", "Chat"]]


def test_a_cell_is_cut_and_comes_back(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    for text in ("One", "French"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    cell(page, "Text to translate", 2).click()
    expect(page.locator("#row-1 .state")).to_have_text("Ready")
    cell(page, "Text to translate", 1).click()
    page.keyboard.press("ControlOrMeta+X")
    expect(cell(page, "Text to translate", 1)).to_have_text("")
    expect(page.locator("#grid-said")).to_have_text("Copied")
    page.keyboard.press("ControlOrMeta+Z")
    expect(cell(page, "Text to translate", 1)).to_have_text("One")


def test_digits_in_one_go_are_a_text_and_not_its_last_digit(page: Page, running: Office, workflow_id: int) -> None:
    """15 on a scale to 5 is a mistake that the person sees, and no 5."""
    fields = [samples.field("subject", required=True), samples.field("urgency", "rating", required=True, min=1, max=5)]
    running.load(workflow_id, fields)
    open_grid(page, running, workflow_id)
    for text in ("Ticket", "15"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(cell(page, "Urgency", 1)).to_contain_text("15")
    expect(cell(page, "Urgency", 1)).to_have_class(re.compile("bad"))
    cell(page, "Urgency", 1).click()
    page.keyboard.type("4")
    expect(cell(page, "Urgency", 1)).to_have_text("4")


def test_tab_leaves_the_last_row_only_after_escape(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    for _ in page.locator("table.grid thead [data-name]").all():
        page.keyboard.press("Tab")
    expect(cell(page, "Text to translate", 1)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('table')")


def test_a_copied_cell_is_pasted_with_its_quotes(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    page.keyboard.type('Say "yes"')
    page.keyboard.press("Enter")
    expect(page.locator("#row-1 .state")).to_have_text(JUDGED)
    for texts in ('"Say ""yes"""', '"Say ""yes"""\tFrench'):
        paste(page, texts)
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Create 1 task")).to_be_visible()
    page.reload()
    for number in (1, 2, 3):
        expect(cell(page, "Text to translate", number)).to_have_text('Say "yes"')


def test_a_wider_paste_unfolds_columns_and_what_does_not_fit_is_not_pasted(
    browser: Browser, running: Office, workflow_id: int
) -> None:
    folded = samples.field("note")
    running.load(workflow_id, [samples.field("text", required=True), folded])
    page = running.page(browser)
    open_grid(page, running, workflow_id)
    paste(page, table([["Hello", "noted", "lost"], ["Goodbye", "", ""]]))
    expect(page.locator("#grid-notes")).to_contain_text("Not pasted: 3 columns don’t fit into 2 fields")
    expect(page.locator("tr[data-number]")).to_have_count(1)
    paste(page, table([["Hello", "noted"], ["Goodbye", ""]]))
    expect(page.locator("table.grid thead")).to_contain_text("Note")
    expect(cell(page, "Note", 1)).to_have_text("noted")


def test_saved_cells_stay_in_the_columns_of_the_page(page: Page, running: Office, workflow_id: int) -> None:
    """The portal answers in the order of the fields, of which the page shows two in another order."""
    running.load(
        workflow_id, [samples.field(name, required=True) for name in ("text", "city")] + [samples.field("note")]
    )
    open_grid(page, running, workflow_id)
    page.get_by_title("More").and_(page.locator("#grid-menu summary")).click()
    page.get_by_role("link", name="Columns…").click()
    page.get_by_label("Place: City").fill("1")
    page.keyboard.press("Enter")
    expect(page.locator("table.grid thead [data-name]")).to_have_text(["City", "Text"])
    for text in ("Graz", "Hello"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.locator("#row-1 .state")).to_have_text("Ready")
    for column, text in {"City": "Graz", "Text": "Hello"}.items():
        expect(cell(page, column, 1)).to_have_text(text)
    page.reload()
    expect(cell(page, "City", 1)).to_have_text("Graz")


def test_many_rows_wait_and_are_taken_back(page: Page, running: Office, workflow_id: int) -> None:
    """They are more than a page shows: first the first of them, and in the end the last page, which has 30."""
    open_grid(page, running, workflow_id)
    paste(page, table([[f"Pasted {number}", "French"] for number in range(230)]))
    expect(page.locator("#grid-said")).to_have_text("Pasted 230 rows")
    expect(page.get_by_role("button", name="Create 230 tasks")).to_be_visible()
    expect(cell(page, "Text to translate", 1)).to_be_focused()
    expect(cell(page, "Text to translate", 1)).to_be_in_viewport()
    look_at(page)
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_role("status").filter(has_text="tasks will be created in")).to_be_visible()
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("button", name="Create 230 tasks")).to_be_visible()
    page.locator("table.grid td[tabindex='0']").focus()
    page.keyboard.press("ControlOrMeta+Enter")
    page.get_by_role("button", name="Send now").press("Enter")
    expect(page.locator("tr[data-sent] .state a")).to_have_count(30, timeout=30_000)
    assert len(running.task_ids(workflow_id)) == 230


def test_pinned_values_begin_each_new_row(page: Page, running: Office, workflow_id: int) -> None:
    open_grid(page, running, workflow_id)
    page.keyboard.press("Tab")
    page.keyboard.press("2")
    page.keyboard.press("Alt+p")
    expect(page.locator("tr.pinned")).to_contain_text("German")
    page.keyboard.press("Enter")
    expect(cell(page, "Text to translate", 2)).to_be_focused()
    page.keyboard.type("Pinned")
    page.keyboard.press("Enter")
    expect(cell(page, "Target language", 2)).to_have_text("German")
    expect(page.locator("#row-2")).to_contain_text("Ready")


def test_a_paste_with_headings_is_matched_and_its_errors_have_one_remedy(
    page: Page, running: Office, workflow_id: int
) -> None:
    """191 rows of which seven have a word that is no choice, and two are duplicates. The headings are made a row."""
    body = [[f"Sentence {number}", "French", "Bob"] for number in range(189)]
    for row in body[:7]:
        row[1] = "Frensh"
    open_grid(page, running, workflow_id)
    paste(page, table([*body, body[20], body[21]], ["Text to translate", "Target language", "Agent"]))
    expect(page.locator("#grid-notes")).to_contain_text("Pasted 191 rows. The first one was taken as headings.")
    expect(page.locator("#grid-notes")).to_contain_text("1 pasted column has no field and was left out: “Agent”.")
    expect_figures(page, All=191, Errors=7, Duplicates=2, Ready=182)
    look_at(page)
    page.get_by_role("button", name="Paste headings as a row").press("Enter")
    expect(page.locator("#grid-said")).to_have_text("Pasted 192 rows")
    expect_figures(page, All=192, Errors=192)  # "Bob" is no due date: that column was hidden
    expect(cell(page, "Text to translate", 1)).to_have_text("Text to translate")
    page.locator("#undo").click()
    expect(page.locator("#grid-said")).to_have_text("Undone")
    paste(page, table([*body, body[20], body[21]], ["Text to translate", "Target language", "Agent"]))
    expect_figures(page, All=191, Errors=7, Duplicates=2, Ready=182)
    page.locator("table.grid td[tabindex='0']").focus()
    page.keyboard.press("Escape")
    remedy = page.get_by_label("Replace with , Target language")
    for _ in range(12):
        page.keyboard.press("Tab")
        if remedy.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.type("Fre")
    page.keyboard.press("ControlOrMeta+Enter")  # applies it
    expect_figures(page, Errors=0, Ready=189)
    assert running.task_ids(workflow_id) == []
    page.keyboard.press("ControlOrMeta+Enter")
    page.get_by_role("button", name="Send now").press("Enter")
    expect(page.locator("tr[data-sent] .state a")).to_have_count(189, timeout=30_000)
    assert len(running.task_ids(workflow_id)) == 189


def test_a_file_of_thousands_of_rows_comes_in_pages(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    """F8 goes to the next error, wherever it is."""
    body = rows(12_480, {300: {1: "Germn"}, 9_000: {3: 9_000}})
    choose(page, running, workflow_id, titled_file(tmp_path / "tickets.csv", body))
    expect(page).to_have_url(re.compile("/grid/$"), timeout=60_000)
    expect_figures(page, All=12_480, Errors=2, Ready=12_478)
    assert page.locator("table.grid tr[data-number]").count() == 100
    page.keyboard.press("F8")
    expect(cell(page, "Target language", 300)).to_be_focused(timeout=15_000)
    page.keyboard.type("ger")
    page.keyboard.press("Enter")
    expect_figures(page, Errors=1, Ready=12_479)
    page.keyboard.press("F8")
    expect(cell(page, "Word count", 9_000)).to_be_focused(timeout=15_000)
    assert page.locator("#row-9000 .no").evaluate("number => number.scrollWidth <= number.clientWidth")
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    expect_figures(page, Errors=0, Ready=12_480)
    look_at(page)
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("ControlOrMeta+z")
    expect_figures(page, Ready=12_480)
    assert running.task_ids(workflow_id) == []


def test_several_rows_pasted_into_the_form_are_offered_to_the_grid(
    page: Page, running: Office, workflow_id: int
) -> None:
    page.goto(f"{running.portal.url}/keys/1/workflows/{workflow_id}/tasks/new/?view=form")
    page.get_by_label(re.compile("^Text to translate")).focus()
    paste(page, table([["One", "French"], ["Two", "German"]]))
    page.get_by_role("button", name="Paste 2 rows into the grid").press("Enter")
    expect(page.get_by_role("button", name="Create 2 tasks")).to_be_visible(timeout=15_000)
    assert running.task_ids(workflow_id) == []


def test_a_lead_exports_what_failed_and_sends_corrected_copies(
    browser: Browser, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    """An operator imported rows. The tasks that failed are replaced by copies, which say so."""
    operator = running.page(browser)
    choose(operator, running, workflow_id, titled_file(tmp_path / "evening.csv", rows(12)))
    operator.get_by_role("button", name="Create 12 tasks").click()
    expect(operator.get_by_text("12 tasks created")).to_be_visible(timeout=30_000)
    failed = running.task_ids(workflow_id)[:2]
    running.api.run("set_status", task_ids=failed, status="failed")
    lead = running.page(browser, COLLEAGUE, timezone_id="Europe/Vienna")
    # Somebody looks at the workflow, so that its tasks are counted.
    lead.goto(f"{running.portal.url}/keys/1/workflows/{workflow_id}/overview/")
    lead.goto(operator.url)
    attention = lead.get_by_label("Filter rows").get_by_role("link", name=re.compile("^Needs attention"))

    def are_known() -> bool:
        """The worker may be in the middle of another scan, which sets the time of the next one."""
        running.run("scan_now", workflow_id=workflow_id)
        lead.wait_for_timeout(3_000)
        lead.reload()
        return attention.locator("b").inner_text() == "2"

    wait_until(are_known, "the failed tasks to be read", 120)
    attention.press("Enter")
    expect(lead.get_by_role("table", name="Rows that were sent").locator("tbody tr")).to_have_count(2)
    lead.get_by_role("main").locator("summary", has_text="More").press("Enter")
    file = download(lead, "All rows and their status (CSV)", tmp_path)
    assert file.read_text(encoding="utf-8-sig").lower().count("failed") == 2
    lead.get_by_role("button", name="Create corrected copies").press("Enter")
    expect(lead.locator("tr[data-number]:not([data-blank])")).to_have_count(2)
    expect(cell(lead, "Text to translate", 1)).to_be_focused()
    for number in (1, 2):
        cell(lead, "Text to translate", number).click()
        lead.keyboard.type(f"Corrected {number}")
        lead.keyboard.press("Enter")
        expect(lead.locator(f"#row-{number}")).to_contain_text("Ready")
    lead.keyboard.press("ControlOrMeta+Enter")
    expect(lead.locator("tr[data-sent] .state a")).to_have_count(2, timeout=20_000)
    lead.goto(f"{running.portal.url}/keys/1/workflows/{workflow_id}/tasks/{failed[0]}/")
    expect(lead.get_by_text(re.compile("Replaced by")).first).to_be_visible()
    assert len(running.task_ids(workflow_id)) == 14


def test_text_is_saved_after_failures_and_with_a_new_token(browser: Browser, running: Office, workflow_id: int) -> None:
    """After three failures a note above the page says so. Signing in again renews the token."""
    page = running.page(browser)  # its console tells of the failures
    open_grid(page, running, workflow_id)
    notice = page.locator("#grid-notes")
    ages: list[int] = []

    def lose(route: Route) -> None:
        ages.append(route.request.post_data_json["rows"][0]["cells"]["input_text"][2])
        route.abort()

    page.route("**/cells/**", lose)
    page.keyboard.type("One")
    page.keyboard.press("Tab")
    expect(notice).to_contain_text("We keep trying", timeout=20_000)
    for _ in range(2):
        page.keyboard.press("ControlOrMeta+Enter")
        expect(notice.get_by_text("Not created yet. 1 row isn’t saved.")).to_have_count(1)
    assert ages[0] == 0 and ages[-1] >= 2
    page.unroute("**/cells/**")
    page.evaluate("document.querySelector('#sheet [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    expect(page.locator("#row-1 .state")).to_have_text(JUDGED, timeout=20_000)
    expect(notice).to_be_empty()


def test_rows_that_another_window_created_show_their_tasks(
    page: Page, browser: Browser, running: Office, workflow_id: int
) -> None:
    open_grid(page, running, workflow_id)
    paste(page, table([["One", "French"], ["Two", "French"]]))
    expect_figures(page, All=2)
    other = running.page(browser)
    open_grid(other, running, workflow_id)
    other.keyboard.press("ControlOrMeta+Enter")
    expect(other.locator("tr[data-sent] .state a")).to_have_count(2)
    expect(other.get_by_role("button", name="Clear created")).to_be_visible()
    expect(other.locator("#undo")).to_have_count(0)
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("tr[data-sent] .state a")).to_have_count(2)
    cell(page, "Text to translate", 3).click()
    page.keyboard.type("Three")
    page.keyboard.press("Tab")
    page.keyboard.type("French")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("tr[data-sent] .state a")).to_have_count(3)
    expect(page.locator("#grid-notes")).to_be_empty()
    assert len(running.task_ids(workflow_id)) == 3


def test_rows_of_two_windows_make_room_for_each_other(
    page: Page, browser: Browser, running: Office, workflow_id: int
) -> None:
    """The portal renumbers a row whose number is taken. A later row with that new number is renumbered too."""
    open_grid(page, running, workflow_id)
    other = running.page(browser)
    open_grid(other, running, workflow_id)
    other.keyboard.type("Other")
    other.keyboard.press("Enter")
    expect(other.locator("#row-1 .state")).to_have_text(JUDGED)
    held: list[Route] = []
    page.route("**/cells/**", lambda route: held.append(route), times=1)
    page.keyboard.type("Mine")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    page.keyboard.type("Also mine")
    page.keyboard.press("Enter")
    held.pop().continue_()
    expect(page.locator("#row-3 .state")).to_have_text(JUDGED)
    page.reload()
    for number, text in enumerate(["Other", "Mine", "Also mine"], start=1):
        expect(cell(page, "Text to translate", number)).to_have_text(text)
    other.keyboard.type("More")
    other.keyboard.press("Enter")
    expect(other.locator("#row-4 .state")).to_have_text(JUDGED)
    cell(page, "Text to translate", 4).click()
    paste(page, table([["Five", "French"]]))
    expect(cell(page, "Text to translate", 5)).to_have_text("Five")
    page.keyboard.type("Six")
    page.keyboard.press("Enter")
    expect(page.locator("#row-6 .state")).to_have_text(JUDGED)
    page.reload()
    expect(cell(page, "Text to translate", 4)).to_have_text("More")
    expect(cell(page, "Text to translate", 6)).to_have_text("Six")


def test_what_is_typed_goes_into_a_row_that_got_another_number(
    page: Page, browser: Browser, running: Office, workflow_id: int
) -> None:
    open_grid(page, running, workflow_id)
    other = running.page(browser)
    open_grid(other, running, workflow_id)
    other.keyboard.type("Other")
    other.keyboard.press("Enter")
    expect(other.locator("#row-1 .state")).to_have_text(JUDGED)
    page.keyboard.type("Mine")
    page.keyboard.press("Tab")
    expect(page.locator("#row-2 .state")).to_have_text("Editing")
    page.keyboard.type("Fr")
    page.keyboard.press("Enter")
    expect(cell(page, "Target language", 2)).to_have_text("French")
