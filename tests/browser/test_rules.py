"""A lead adds ten rules of all kinds by keyboard; an operator meets an error and a warning in the grid, and creates."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.demo import ORDER_ENTRY, PASSWORD, Demo, accessibility_faults, demo, needed_width, signed_in
from tests.browser.importing import cell, expect_figures
from tests.browser.signing_in import sign_in
from tests.browser.test_grid import paste, table

OPERATOR = "operator@example.com"
CUSTOMERS = b"Code;Name\n4711;Nordlicht GmbH\n4712;Nordwind Logistik AG\n"
RECEIVED = f"{datetime.now(UTC) - timedelta(hours=3):%Y-%m-%d %H:%M}"
ORDER = ["4711", "Nordlicht GmbH", "DE", RECEIVED, "Email", "1000", "1190", "3", "", ""]
SIZES = [(width, scheme) for width in (1280, 360) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("rules"), (str(ORDER_ENTRY),)) as running:
        yield running


def expect_accessible(page: Page) -> None:
    for width, scheme in SIZES:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert accessibility_faults(page) == [], (width, scheme)
        assert needed_width(page) <= width
    page.set_viewport_size({"width": 1280, "height": 800})


def go_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has the focus."""
    wanted.wait_for()
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {wanted}")


class RuleForm:
    """The form of a rule without a mouse. Each change tries the rule, and may bring other inputs."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def labelled(self, label: str) -> Locator:
        return self.page.get_by_label(re.compile(rf"^\s*{label}\s*(\(optional\))?\s*$"))

    def try_after(self, *keys: str) -> None:
        with self.page.expect_response(lambda response: response.request.method == "POST"):
            for key in keys:
                self.page.keyboard.press(key)
        expect(self.page.locator(".htmx-request")).to_have_count(0)

    def choose(self, label: str, option: str) -> None:
        chosen = self.labelled(label)
        go_to(self.page, chosen)
        while chosen.evaluate("select => select.selectedOptions[0].text.trim()") != option:
            self.try_after("ArrowDown")

    def press_radio(self, words: str) -> None:
        radio = self.page.get_by_role("radio", name=words)
        radio.wait_for()
        name = radio.get_attribute("name")
        go_to(self.page, self.page.locator(f"input[name={name}]:checked"))
        while not radio.is_checked():
            self.try_after("ArrowDown")

    def tick(self, label: str) -> None:
        go_to(self.page, self.labelled(label))
        self.try_after("Space")

    def fill(self, label: str, text: str) -> None:
        go_to(self.page, self.labelled(label))
        self.page.keyboard.type(text)
        self.try_after("Tab")

    def add(self, sentence: str, severity: str = "error") -> None:
        """Read the rule and what it would have done, and save it."""
        expect(self.page.locator(".sentence")).to_contain_text(f"{sentence}")
        expect(self.page.locator(".sentence")).to_contain_text(f"Otherwise a{'n' * (severity == 'error')} {severity}.")
        expect(self.page.locator(".trial")).to_contain_text("Only 2 rows to try it on:")
        go_to(self.page, self.page.get_by_role("button", name="Add rule"))
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_text("Rule added.")).to_be_visible()
        go_to(self.page, self.page.get_by_role("link", name="Add rule"))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/rules/add/")


def test_ten_rules_are_added_by_keyboard_and_met_in_the_grid(browser: Browser, running: Demo) -> None:
    lead = signed_in(browser, running, viewport={"width": 1280, "height": 800})
    upload_list(lead, running)
    send_two_orders(lead, running)
    add_ten_rules(lead, running)
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    sign_in(page, OPERATOR, PASSWORD, at=running.url)
    page.locator("#home-page").wait_for()
    meet_them(page, running)


def upload_list(page: Page, running: Demo) -> None:
    page.goto(running.workflow(ORDER_ENTRY, "lists/upload/"))
    page.get_by_label("File").set_input_files({"name": "customers.csv", "mimeType": "text/csv", "buffer": CUSTOMERS})
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Add list").click()
    expect(page.get_by_text("2 entries")).to_be_visible()


def send_two_orders(page: Page, running: Demo) -> None:
    page.goto(running.workflow(ORDER_ENTRY, "sheets/new/"))
    expect(page.locator("tr[data-blank] td:focus")).to_have_count(1)
    paste(page, table([["A-104391", *ORDER], ["A-104392", *ORDER]]))
    expect_figures(page, Ready=2)
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("2 created")).to_be_visible()


def add_ten_rules(page: Page, running: Demo) -> None:
    page.goto(running.workflow(ORDER_ENTRY, "rules/add/"))
    form = RuleForm(page)
    form.fill("One good example", "A-104391")
    expect_accessible(page)
    form.add("Order number looks like A-104391")
    form.press_radio("is used once")
    form.add("Order number is used once in this workflow")
    form.choose("Field", "Customer")
    form.press_radio("is one of")
    form.choose("List", "Customers (2)")
    form.add("Customer is one of Customers (2)")
    form.choose("Field", "Channel")
    form.press_radio("is one of")
    form.tick("Email")
    form.tick("Phone")
    form.add("Channel is Email or Phone")
    form.choose("Field", "Gross")
    form.press_radio("compares")
    form.choose("Or another field", "Net")
    form.add("Gross is at least Net")
    form.choose("Field", "Gross")
    form.press_radio("compares")
    form.choose("Compare", "is at most")
    form.fill("Value", "25000")
    form.press_radio("Warning")
    form.tick("Ask for a reason")
    expect_accessible(page)
    form.add("Gross is at most 25,000", "warning")
    form.choose("Field", "Received at")
    form.add("Received at is not in the future")
    form.choose("Field", "Received at")
    form.choose("Compare", "is at most so many days ago")
    form.fill("Days", "30")
    form.add("Received at is at most 30 days ago")
    form.choose("Field", "Notes")
    form.press_radio("is filled in")
    form.choose("When", "Only if Priority is…")
    form.choose("Priority", "5")
    form.add("Notes is filled in when Priority is 5")
    form.choose("Field", "Invoice number")
    form.press_radio("looks like")
    form.fill("One good example", "R2026-12345")
    form.add("Invoice number looks like R2026-12345")
    page.goto(running.workflow(ORDER_ENTRY, "rules/"))
    expect(page.get_by_text("10 rules on")).to_be_visible()
    expect_accessible(page)


def meet_them(page: Page, running: Demo) -> None:
    page.goto(running.workflow(ORDER_ENTRY, "sheets/new/"))
    expect(page.locator("tr[data-blank] td:focus")).to_have_count(1)
    large = [*ORDER[:5], "40000", "48000", *ORDER[7:]]
    paste(page, table([["A-104393", *ORDER], ["A-104394", *large], ["A-104393", *ORDER[:7], "2", "", ""]]))
    expect_figures(page, Errors=1, Ready=1)
    expect(page.locator(".counts")).to_contain_text("1 to look at")
    expect(cell(page, "Order number", 3)).to_contain_text("Also in row 1")
    cell(page, "Order number", 4).click()
    expect(page.locator("#cellline")).to_contain_text("Ctrl D: A-104394")  # not that above: it is used
    cell(page, "Order number", 1).click()
    page.keyboard.press("F8")
    expect(cell(page, "Gross", 2)).to_be_focused()
    expect(page.locator("#cellline")).to_contain_text("Gross is above 25,000.")
    expect_accessible(page)
    page.keyboard.press("Alt+a")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Approved by sales")
    page.keyboard.press("Enter")
    expect_figures(page, Errors=1, Ready=2)
    expect_accessible(page)
    page.keyboard.press("F8")
    expect(cell(page, "Order number", 3)).to_be_focused()
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("2 created")).to_be_visible()
    expect_figures(page, Errors=1)
    page.goto(f"{running.url}/submissions/?warnings=accepted")
    expect(page.get_by_text("1 accepted").first).to_be_visible()
