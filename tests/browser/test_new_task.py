"""The new-task form in a real browser: by keyboard, without a script, with clocks, drafts, presets and pins."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import Demo, demo, faults_seen, signed_in

FORM = "tasks/new/"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder: Path = tmp_path_factory.mktemp("new-task")
    with demo(folder) as started:
        yield started


def form(browser: Browser, running: Demo, tail: str = "", **options: object) -> Page:
    page = signed_in(browser, running, **{"timezone_id": "Europe/Vienna"} | options)
    page.goto(running.workflow(43, FORM + tail))
    expect(page.get_by_label(re.compile("^Subject"))).to_be_visible()
    return page


def fill(page: Page, subject: str) -> None:
    page.get_by_label(re.compile("^Subject")).fill(subject)
    page.get_by_label(re.compile("^Customer message")).fill("One lamp is missing")
    page.get_by_role("radio", name="Yes").check()
    page.get_by_label(re.compile("^Received at")).fill("2026-11-24T10:30")
    page.get_by_role("radio", name="Phone").check()
    page.get_by_role("radio", name="4").check()


def items(page: Page) -> list[str]:
    return page.locator(".rank .w").all_inner_texts()


def start_empty(page: Page) -> None:
    """Tests share one account."""
    page.get_by_role("button", name="Clear form").click()
    expect(page.get_by_text("Form cleared")).to_be_visible()


def test_the_keyboard_alone_orders_and_creates(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    expect(page.get_by_label(re.compile("^Subject"))).to_be_focused()
    fill(page, "By keyboard")
    page.get_by_label(re.compile("^Order value")).press("Tab")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    assert items(page) == ["Delivery", "Defect", "Billing", "Account"]
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("[data-ranking] li").last).to_be_focused()
    expect(page.get_by_label("Answer this field")).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    page.goto(running.workflow(43))
    page.locator("tbody td a").first.click()
    expect(page.locator(".values li")).to_have_text(["Delivery", "Defect", "Account", "Billing"])
    expect(page.locator(".values time")).to_have_attribute("datetime", "2026-11-24T09:30:00Z")


def test_enter_in_a_field_moves_to_the_next_and_creates_nothing(browser: Browser, running: Demo) -> None:
    """From the last field to the button, which creates the task."""
    page = form(browser, running)
    fill(page, "By Enter")
    page.get_by_label(re.compile("^Subject")).press("Enter")
    expect(page.get_by_label(re.compile("^Customer message"))).to_be_focused()
    page.get_by_role("radio", name="Yes").press("Enter")
    page.get_by_label(re.compile("^Received at")).press("Enter")
    expect(page.get_by_role("radio", name="Phone")).to_be_focused()
    for _ in range(20):
        if page.get_by_role("button", name="Create task").last.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab" if page.evaluate("document.activeElement.matches('textarea, button')") else "Enter")
    expect(page.get_by_role("button", name="Create task").last).to_be_focused()
    expect(page).to_have_url(re.compile("/new/$"))
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()


def test_enter_held_down_creates_nothing(browser: Browser, running: Demo) -> None:
    """Its repetitions come to the button as well."""
    page = form(browser, running)
    fill(page, "Enter held down")
    page.get_by_role("radio", name="4").focus()
    for _ in range(30):
        page.keyboard.down("Enter")
        if page.evaluate("document.activeElement.matches('textarea, li button, summary')"):
            page.keyboard.up("Enter")
            page.keyboard.press("Tab")
    page.keyboard.up("Enter")
    expect(page).to_have_url(re.compile("/new/$"))
    expect(page.get_by_role("button", name="Create task").last).to_be_enabled()


@pytest.mark.full
def test_without_a_script_enter_in_a_field_creates(browser: Browser, running: Demo) -> None:
    page = form(browser, running, java_script_enabled=False)
    fill(page, "By Enter")
    page.get_by_label(re.compile("^Subject")).press("Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.full
def test_enter_behind_the_name_of_a_preset_saves_it(browser: Browser, running: Demo, script: bool) -> None:
    page = form(browser, running, java_script_enabled=script)
    fill(page, "For a preset")
    page.get_by_text("Save as preset").click()
    page.get_by_label("Name", exact=True).fill(f"By Enter, {script}")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_text(f"Preset “By Enter, {script}” saved")).to_be_visible()


def test_a_number_or_the_first_letters_choose_an_option(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    channel, urgency = (page.get_by_role("radiogroup", name=re.compile(name)) for name in ("Channel", "Urgency"))
    channel.get_by_role("radio").first.focus()
    page.keyboard.press("p")
    expect(channel.get_by_label("Phone")).to_be_checked()
    urgency.get_by_role("radio").first.focus()
    page.keyboard.press("4")
    expect(urgency.get_by_label("4", exact=True)).to_be_checked()
    expect(urgency.get_by_label("4", exact=True)).to_be_focused()


def test_what_is_wrong_is_said_on_leaving_the_field(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    value = page.get_by_label(re.compile("^Order value"))
    value.fill("a lot")
    value.blur()
    wrong = page.get_by_text("Enter a number from 0 to 100,000.")
    expect(wrong).to_be_visible()
    value.fill("1234,5")
    value.blur()
    expect(wrong).to_be_hidden()


def test_a_draft_is_back_after_a_reload_and_on_another_device(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    page.get_by_label(re.compile("^Subject")).fill("Half a thought")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.reload()
    expect(page.get_by_label(re.compile("^Subject"))).to_have_value("Half a thought")
    other = form(browser, running)
    expect(other.get_by_label(re.compile("^Subject"))).to_have_value("Half a thought")
    other.get_by_label(re.compile("^Subject")).fill("On the phone")
    expect(other.get_by_text("Draft saved")).to_be_visible()
    page.get_by_label(re.compile("^Subject")).fill("At the desk")
    expect(page.get_by_text("It replaced one from another window")).to_be_visible()
    assert faults_seen(page) == []
    page.reload()
    start_empty(page)
    expect(page.get_by_label(re.compile("^Subject"))).to_have_value("")


@pytest.mark.full
def test_what_is_too_much_to_save_on_leaving_is_asked_about(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    kinds: list[str] = []
    page.on("dialog", lambda dialog: (kinds.append(dialog.type), dialog.dismiss()))
    message = page.get_by_label(re.compile("^Customer message"))
    message.fill("lamp " * 20_000)
    message.press("End")
    page.get_by_role("link", name="Sent").first.click(no_wait_after=True)
    expect(page.get_by_text("Draft saved")).to_be_visible()
    assert kinds == ["beforeunload"]
    page.reload()
    expect(message).to_have_value("lamp " * 20_000)
    start_empty(page)


def test_the_same_again_is_asked_about(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    fill(page, "Twice")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    page.goto(running.workflow(43, FORM))
    fill(page, "Twice")
    page.keyboard.press("Control+Enter")
    asked = page.get_by_text("with the same values")
    expect(asked).to_be_visible()
    expect(page.locator(".note[role=alert]")).to_be_focused()
    expect(page.get_by_role("link", name=re.compile("View task"))).to_be_visible()
    assert faults_seen(page) == []
    page.get_by_role("button", name="Create anyway").click()
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    expect(page).to_have_url(re.compile("/tasks/$"))


def test_what_is_marked_stays_and_a_preset_fills_in(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    fill(page, "Rush, gold customer")
    page.get_by_role("checkbox", name="Pin Customer message").check(force=True)
    page.get_by_text("Save as preset").click()
    page.get_by_label("Name", exact=True).fill("Rush")
    page.get_by_label("Only pinned fields").uncheck()
    page.get_by_role("button", name="Save preset").click()
    expect(page.get_by_text("Preset “Rush” saved")).to_be_visible()
    page.keyboard.press("Control+Shift+Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    expect(page.get_by_label(re.compile("^Customer message"))).to_have_value("One lamp is missing")
    expect(page.get_by_label(re.compile("^Subject"))).to_have_value("")
    keys = page.get_by_role("button", name=re.compile("^Rush Alt")).get_attribute("aria-keyshortcuts")
    page.keyboard.press(keys or "")
    expect(page.get_by_label(re.compile("^Subject"))).to_have_value("Rush, gold customer")


def test_enter_passes_what_is_pinned_and_filled(browser: Browser, running: Demo) -> None:
    page = form(browser, running)
    fill(page, "Passed by Enter")
    for name in ("Customer message", "Received at", "Channel"):
        page.get_by_role("checkbox", name=f"Pin {name}").check(force=True)
    page.keyboard.press("Control+Shift+Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    expect(page.get_by_label(re.compile("^Subject"))).to_be_focused()
    page.keyboard.type("The next one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Yes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radiogroup", name=re.compile("^Urgency")).locator(":focus")).to_have_count(1)
    # What is pinned and empty is not passed.
    page.get_by_label(re.compile("^Customer message")).fill("")
    page.get_by_label(re.compile("^Subject")).press("Enter")
    expect(page.get_by_label(re.compile("^Customer message"))).to_be_focused()
    for name in ("Customer message", "Received at", "Channel"):
        page.get_by_role("checkbox", name=f"Pin {name}").uncheck(force=True)
    fill(page, "Without pins")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()


def test_without_a_script(browser: Browser, running: Demo) -> None:
    page = form(browser, running, java_script_enabled=False)
    expect(page.get_by_text("UTC", exact=True)).to_be_visible()
    fill(page, "No script")
    page.get_by_role("button", name="Move Billing down").click()
    assert items(page) == ["Delivery", "Billing", "Defect", "Account"]
    expect(page.get_by_label(re.compile("^Subject"))).to_have_value("No script")
    page.get_by_label(re.compile("^Subject")).fill("")
    page.get_by_role("button", name="Create task").last.click()
    page.get_by_role("link", name="Subject is missing.").click()
    page.get_by_label(re.compile("^Subject")).fill("No script")
    page.get_by_role("button", name="Create task").last.click()
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 800}}])
@pytest.mark.full
def test_it_can_be_read(browser: Browser, running: Demo, options: dict[str, object]) -> None:
    page = form(browser, running, "?f.subject=Lamp&f.nothing=x", **options)
    page.get_by_role("button", name="Create task").last.click()
    expect(page.locator(".errsum")).to_be_visible()
    assert page.title().startswith("Error: Create")
    assert faults_seen(page) == []
    page.get_by_text("Save as preset").click()
    assert faults_seen(page) == []
