"""A person's earlier values while typing, in Chromium: in the form, in the grid, on a phone and without a script."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser.demo import Demo, demo, faults_seen, signed_in

VALUES = [("Delivery note in the box", 34), ("Deliver before 9:00", 12), ("Desk lamp", 3), ("Straßenbau Müller", 2)]
OFFERS = ".offers [role=option]"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder: Path = tmp_path_factory.mktemp("offers")
    with demo(folder) as started:
        yield started


def answer(route: Route) -> None:
    """Answer as the portal would if the person had sent VALUES."""
    (text,) = parse_qs(urlsplit(route.request.url).query)["text"]
    folded = text.lower().replace("ß", "ss")
    route.fulfill(json={"values": [each for each in VALUES if each[0].lower().replace("ß", "ss").startswith(folded)]})


def subject_of_form(browser: Browser, running: Demo, **options: object) -> Locator:
    page = signed_in(browser, running, **options)
    page.route("**/suggestions/*", answer)
    page.goto(running.workflow(43, "tasks/new/?view=form"))
    subject = page.get_by_label(re.compile("^Subject"))
    subject.fill("")
    return subject


def written(field: Locator) -> str:
    return field.input_value()


def test_arrows_choose_and_tab_or_enter_takes_the_choice(browser: Browser, running: Demo) -> None:
    subject = subject_of_form(browser, running)
    page = subject.page
    subject.press_sequentially("D")
    page.wait_for_timeout(300)
    expect(page.locator(OFFERS)).to_have_count(0)
    subject.press_sequentially("e")
    expect(page.locator(OFFERS)).to_have_count(3)
    expect(subject).to_have_value("De")
    expect(subject).to_have_attribute("aria-expanded", "true")
    assert faults_seen(page) == []
    subject.press("ArrowDown")
    subject.press("ArrowDown")
    chosen = page.locator('.offers [aria-selected="true"]')
    expect(chosen).to_have_text(re.compile("Deliver before 9:00"))
    expect(subject).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    subject.press("Tab")
    expect(subject).to_have_value("Deliver before 9:00")
    expect(page.locator(OFFERS)).to_have_count(0)
    subject.fill("")
    subject.press_sequentially("de")
    expect(page.locator(OFFERS)).to_have_count(3)
    subject.press("ArrowUp")
    subject.press("Enter")
    expect(subject).to_have_value("Desk lamp")
    expect(subject).not_to_be_focused()


def test_the_only_match_completes_and_leaving_takes_nothing(browser: Browser, running: Demo) -> None:
    subject = subject_of_form(browser, running)
    completed = "stRaßenbau Müller"
    for keys, left in (
        (["Tab"], "stR"),
        (["Backspace", "Tab"], "stR"),
        (["Delete", "Tab"], "stR"),
        (["Escape", "Tab"], "stR"),
        (["Enter"], "stR"),
        (["ArrowRight", "Tab"], "Straßenbau Müller"),
        (["ArrowDown", "Tab"], "Straßenbau Müller"),
        (["n", "Tab"], "stRn"),
    ):
        subject.fill("")
        subject.press_sequentially("stR")
        expect(subject).to_have_value(completed)
        assert subject.evaluate("field => [field.selectionStart, field.selectionEnd]") == [3, len(completed)]
        for key in keys:
            subject.page.keyboard.press(key)
        expect(subject).to_have_value(left)
        subject.page.wait_for_timeout(200)
        assert written(subject) == left, keys


def test_a_click_elsewhere_or_on_an_offer(browser: Browser, running: Demo) -> None:
    subject = subject_of_form(browser, running)
    page = subject.page
    subject.press_sequentially("stra")
    expect(page.locator(OFFERS)).to_have_count(1)
    page.get_by_role("heading", level=1).click()
    expect(subject).to_have_value("stra")
    subject.fill("")
    subject.press_sequentially("de")
    page.locator(OFFERS).nth(2).click()
    expect(subject).to_have_value("Desk lamp")
    expect(subject).to_be_focused()


def test_a_draft_has_what_was_typed_alone(browser: Browser, running: Demo) -> None:
    subject = subject_of_form(browser, running)
    with subject.page.expect_request("**/draft/") as saved:
        subject.press_sequentially("stra")
        expect(subject).to_have_value("straßenbau Müller")
    assert "stra\r\n" in str(saved.value.post_data) and "straßenbau" not in str(saved.value.post_data)
    expect(subject).to_have_value("straßenbau Müller")


def test_a_server_that_fails_is_not_noticed(browser: Browser, running: Demo) -> None:
    subject = subject_of_form(browser, running)
    page = subject.page
    subject.press_sequentially("de")
    expect(page.locator(OFFERS)).to_have_count(3)
    page.unroute("**/suggestions/*")
    page.route("**/suggestions/*", lambda route: route.fulfill(status=500, body="broken"))
    subject.press_sequentially("li")
    expect(page.locator(OFFERS)).to_have_count(0)
    expect(subject).to_have_value("deli")


def test_on_a_phone_offers_are_at_the_bottom_with_room_for_a_finger(browser: Browser, running: Demo) -> None:
    subject = subject_of_form(browser, running, viewport={"width": 360, "height": 780}, has_touch=True)
    page = subject.page
    subject.press_sequentially("de")
    expect(page.locator(OFFERS)).to_have_count(3)
    offers, first = page.locator(".offers").bounding_box(), page.locator(OFFERS).first.bounding_box()
    assert offers and first
    assert offers["y"] + offers["height"] == pytest.approx(780 - 8, abs=1) and first["height"] >= 44
    assert faults_seen(page) == []
    page.locator(OFFERS).first.tap()
    expect(subject).to_have_value("Delivery note in the box")


def test_the_grid_takes_only_what_was_chosen(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running, viewport={"width": 1440, "height": 900})
    page.route("**/suggestions/*", answer)
    page.goto(running.workflow(43, "sheets/new/"))
    start = page.locator("tr[data-blank] td:focus")
    expect(start).to_have_count(1)
    number = start.locator("xpath=..").get_attribute("data-number")
    cell = page.locator(f"#row-{number} td").first
    for text, keys, left in (
        ("stra", ["Tab"], "stra"),
        ("stra", ["Enter"], "stra"),
        ("stra", ["ArrowRight", "Tab"], "Straßenbau Müller"),
        ("stra", ["Escape", "Tab"], "stra"),
        ("de", ["ArrowDown", "ArrowDown", "Tab"], "Deliver before 9:00"),
        ("de", ["ArrowUp", "Enter"], "Desk lamp"),
        ("de", ["Tab"], "de"),
    ):
        cell.dblclick()
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        expect(page.locator(OFFERS)).to_have_count(3 if text == "de" else 1)
        for key in keys:
            page.keyboard.press(key)
        expect(cell).to_have_text(left)
        expect(page.locator(".offers")).to_have_count(0)
    cell.dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type("stra")
    expect(page.locator(OFFERS)).to_have_count(1)
    assert faults_seen(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(cell).to_have_text("de")


def test_what_was_sent_is_offered_next_time(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    for subject in ("Zinnia vase arrived broken", "Zinnia vase is missing"):
        page.goto(running.workflow(43, "tasks/new/?view=form"))
        if page.get_by_role("button", name="Clear form").is_visible():
            page.get_by_role("button", name="Clear form").click()
        page.get_by_label(re.compile("^Subject")).fill(subject)
        page.get_by_label(re.compile("^Customer message")).fill("One lamp is missing")
        page.get_by_role("radio", name="Yes").check()
        page.get_by_label(re.compile("^Received at")).fill("2026-11-24T10:30")
        page.get_by_role("radio", name="Phone").check()
        page.get_by_role("radio", name="4").check()
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    assert running.portal.run("count_values", of="pipelines_portal.submissions.suggestions")
    page.goto(running.workflow(43, "tasks/new/?view=form"))
    subject_field = page.get_by_label(re.compile("^Subject"))
    subject_field.fill("")
    subject_field.press_sequentially("zin")
    expect(page.locator(OFFERS)).to_have_text([re.compile("Zinnia vase is missing"), re.compile("arrived broken")])


def test_without_a_script_the_browser_has_a_list(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running, java_script_enabled=False)
    page.goto(running.workflow(43, "tasks/new/?view=form"))
    name = page.get_by_label(re.compile("^Subject")).get_attribute("list")
    assert name and page.locator(f"#{name} option").count() >= 2
