"""Reference lists in Chromium: uploaded, used by a rule, and picked from by name in the form and in the grid."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import ORDER_ENTRY, Demo, demo, faults_seen, signed_in
from tests.browser.importing import answer_late

LINES = (
    "Code;Name;Country\n4711;Nordlicht GmbH;DE\n4712;Nordwind Logistik AG;DE\n6120;Bau Nord KG;AT\n5103;Şahin Gıda;TR\n"
)
OFFERS = ".offers [role=option]"
PHONE = {"viewport": {"width": 360, "height": 780}}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("lists"), (str(ORDER_ENTRY),)) as running:
        yield running


@pytest.fixture
def running(started: Demo, browser: Browser) -> Demo:
    """The demo with a list, and the rule that a customer is one of it, which the first test makes."""
    page = signed_in(browser, started)
    page.goto(started.workflow(ORDER_ENTRY, "lists/"))
    if page.get_by_role("link", name="Customers", exact=True).count():
        return started
    page.get_by_role("link", name="Upload list").first.click()
    page.get_by_label("File").set_input_files(
        {"name": "customers.csv", "mimeType": "text/csv", "buffer": LINES.encode()}
    )
    page.get_by_role("button", name="Continue").click()
    assert faults_seen(page) == []
    page.get_by_role("button", name="Add list").click()
    expect(page.get_by_text("4 entries")).to_be_visible()
    assert faults_seen(page) == []
    page.goto(started.workflow(ORDER_ENTRY, "rules/add/"))
    page.get_by_label("Field", exact=True).select_option("customer")
    page.get_by_text("is one of").click()
    page.get_by_label("List").select_option(label="Customers (4)")
    page.get_by_label("Name fills").select_option("customer_name")
    page.get_by_label("Country fills").select_option("country")
    expect(page.locator(".sentence")).to_contain_text("Customer is one of Customers (4)")
    assert faults_seen(page) == []
    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_text("Rule added")).to_be_visible()
    return started


def test_the_form_offers_entries_and_fills_what_is_empty(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(ORDER_ENTRY, "tasks/new/?view=form"))
    customer = page.get_by_label("Customer", exact=True)
    customer.press_sequentially("nord")
    expect(page.locator(OFFERS)).to_have_text(
        [re.compile("4711Nordlicht GmbHDE"), re.compile("4712"), re.compile("6120Bau Nord KGAT")]
    )
    expect(page.locator(".offers")).to_contain_text("Customers, 4")
    assert faults_seen(page) == []
    customer.press("Tab")
    expect(customer).to_have_value("nord")  # leaving takes nothing
    customer.fill("")
    customer.press_sequentially("nord")
    expect(page.locator(OFFERS)).to_have_count(3)
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        customer.press(key)
    expect(customer).to_have_value("6120")
    expect(page.get_by_label("Customer name", exact=True)).to_have_value("Bau Nord KG")
    expect(page.get_by_label("Country", exact=True)).to_have_value("AT")
    customer.fill("")
    customer.press_sequentially("sahin")
    expect(page.locator(OFFERS)).to_have_attribute("aria-selected", "true")
    customer.press("Enter")
    expect(customer).to_have_value("5103")
    expect(page.get_by_label("Country", exact=True)).to_have_value("AT")  # what is filled stays


def test_a_code_fills_the_form_although_the_field_was_left_before(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(ORDER_ENTRY, "tasks/new/?view=form"))
    if page.get_by_role("button", name="Clear form").is_visible():
        page.get_by_role("button", name="Clear form").click()
    answer_late(page)
    page.get_by_label("Customer", exact=True).press_sequentially("sahin")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Customer name", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Customer", exact=True)).to_have_value("5103")
    expect(page.get_by_label("Customer name", exact=True)).to_have_value("Şahin Gıda")
    expect(page.get_by_label("Country", exact=True)).to_have_value("TR")
    page.get_by_label("Customer", exact=True).press("Alt+ArrowDown")
    expect(page.get_by_role("heading", name="Choose from Customers")).to_be_visible()


def test_the_form_is_sent_after_what_the_list_fills(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(ORDER_ENTRY, "tasks/new/?view=form"))
    if page.get_by_role("button", name="Clear form").is_visible():
        page.get_by_role("button", name="Clear form").click()
    answer_late(page)
    page.get_by_label("Customer", exact=True).press_sequentially("sahin")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_be_visible()  # without an order number, it comes again
    expect(page.get_by_label("Customer", exact=True)).to_have_value("5103")
    expect(page.get_by_label("Country", exact=True)).to_have_value("TR")


def test_the_form_is_not_sent_while_the_browser_is_offline(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(ORDER_ENTRY, "tasks/new/?view=form"))
    page.get_by_label("Order number", exact=True).fill("A-9")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("You’re offline. Nothing was sent")).to_be_visible()
    expect(page.get_by_label("Order number", exact=True)).to_have_value("A-9")


def cell(page: Page, row: int, name: str) -> str:
    place = page.locator(f"table.grid th[data-name={name}]").evaluate("head => head.cellIndex")
    return f"tr[data-number='{row}'] > :nth-child({place + 1})"


def test_the_grid_offers_entries_and_saves_what_they_fill(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(ORDER_ENTRY, "sheets/new/"))
    page.locator(cell(page, 1, "customer")).click()
    page.keyboard.type("nordw")
    expect(page.locator(OFFERS)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")
    expect(page.locator(cell(page, 1, "customer"))).to_have_text("4712")
    expect(page.locator(cell(page, 1, "customer_name"))).to_have_text("Nordwind Logistik AG")
    expect(page.locator(cell(page, 1, "country"))).to_contain_text("DE")
    page.locator(cell(page, 2, "customer")).click()
    page.keyboard.type("471")
    expect(page.locator(OFFERS)).to_have_count(2)
    page.keyboard.press("Enter")
    page.locator(cell(page, 3, "customer")).click()
    expect(page.locator(cell(page, 2, "customer"))).to_contain_text("471")
    expect(page.locator(cell(page, 2, "customer"))).to_contain_text("Not in Customers")
    page.reload()
    expect(page.locator(cell(page, 1, "customer_name"))).to_have_text("Nordwind Logistik AG")
    expect(page.locator(cell(page, 1, "country"))).to_contain_text("DE")
    page.locator(cell(page, 3, "customer")).click()
    page.keyboard.type("nord")
    expect(page.locator(OFFERS)).to_have_count(3)
    assert faults_seen(page) == []


def test_tab_goes_where_it_goes_whether_the_list_has_answered_or_not(browser: Browser, running: Demo) -> None:
    """A late answer fills the cells that are still empty. Filled ones keep their texts."""
    page = signed_in(browser, running)
    page.goto(running.workflow(ORDER_ENTRY, "sheets/new/"))
    first = int(page.locator("tr[data-blank]").get_attribute("data-number") or 0)
    for number in range(first, first + 3):
        page.locator(cell(page, number, "customer")).click()
        page.keyboard.type("4711" if number > first else "nordl")
        if number == first:
            expect(page.locator(OFFERS)).to_have_count(1)
            answer_late(page)
        page.keyboard.press("Tab")
        expect(page.locator(cell(page, number, "received_at"))).to_be_focused()
        page.keyboard.type("today 9am")
        page.keyboard.press("ArrowLeft")
    page.locator(cell(page, first + 1, "country")).click()
    for number in range(first, first + 3):
        expect(page.locator(cell(page, number, "customer"))).to_have_text("4711")
        expect(page.locator(cell(page, number, "customer_name"))).to_have_text("Nordlicht GmbH")
        expect(page.locator(cell(page, number, "country"))).to_contain_text("DE")
        expect(page.locator(cell(page, number, "received_at"))).to_have_text(re.compile("09:00"))
    page.locator(cell(page, first + 3, "customer")).click()
    page.keyboard.type("471")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(cell(page, first + 3, "customer"))).to_have_text("4712")
    expect(page.locator(cell(page, first + 3, "customer_name"))).to_have_text("Nordwind Logistik AG")


def test_the_pages_fit_a_phone_and_the_dark(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running, **PHONE, color_scheme="dark")
    for tail in ("lists/", "lists/1/", "lists/upload/", "lists/1/replace/", "lists/1/rename/", "lists/1/delete/"):
        page.goto(running.workflow(ORDER_ENTRY, tail))
        assert faults_seen(page) == [], tail


def test_without_scripts_the_list_is_a_page(browser: Browser, running: Demo) -> None:
    context = signed_in(browser, running).context
    state = context.storage_state()
    page = browser.new_context(java_script_enabled=False, storage_state=state).new_page()
    page.goto(running.workflow(ORDER_ENTRY, "tasks/new/?view=form"))
    page.get_by_label("Order number", exact=True).fill("A-1")
    page.get_by_label("Customer", exact=True).fill("sah")
    page.get_by_role("button", name="Choose from Customers").click()
    page.get_by_role("button", name="Choose 5103 Şahin Gıda").click()
    expect(page.get_by_label("Customer", exact=True)).to_have_value("5103")
    expect(page.get_by_label("Order number", exact=True)).to_have_value("A-1")
    expect(page.get_by_label("Customer name", exact=True)).to_have_value("Şahin Gıda")


def test_with_scripts_the_page_of_the_list_returns_to_the_form(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(ORDER_ENTRY, "tasks/new/?view=form"))
    page.get_by_label("Order number", exact=True).fill("A-2")
    page.get_by_role("button", name="Choose from Customers").click()
    expect(page.get_by_role("heading", name="Choose from Customers")).to_be_visible()
    assert faults_seen(page) == []
    page.get_by_label("Code or name").fill("logis")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name="Choose 4712 Nordwind Logistik AG").click()
    expect(page.get_by_label("Customer", exact=True)).to_have_value("4712")
    expect(page.get_by_label("Order number", exact=True)).to_have_value("A-2")
