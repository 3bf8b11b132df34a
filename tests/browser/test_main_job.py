"""The main job in Chromium, with JavaScript and without: sign in, open, fill, create, watch."""

import json
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import EMAIL, PASSWORD, Demo, demo, signed_in, until_true
from tests.browser.signing_in import sign_in


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo")) as started:
        yield started


def fill_form(page: Page, text: str, language: str = "French (Canada)") -> None:
    page.get_by_label(re.compile("^Text to translate")).fill(text)
    page.get_by_label(language, exact=True).check()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_from_sign_in_to_a_task_watched(browser: Browser, running: Demo, javascript: bool) -> None:
    """S4, S5, S6, S7, S8, S182: the whole path over real HTTP."""
    page = browser.new_context(java_script_enabled=javascript).new_page()
    sign_in(page, EMAIL, PASSWORD, at=running.url)
    page.get_by_role("link", name="Add workflow").click()
    expect(page.get_by_role("cell", name="Support ticket triage", exact=True)).to_be_visible()

    page.get_by_label(re.compile("^Workflow ID")).fill(f"{running.url}/workflows/42/data")
    page.get_by_role("button", name="Add workflows").click()
    expect(page.get_by_role("heading", name="French translations")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(51)

    page.get_by_role("link", name="New task", exact=True).first.click()
    # The same values again would be asked about.
    how = "with scripts" if javascript else "without"
    fill_form(page, f"Good morning {how}")
    page.get_by_label("Pin Target language").check(force=True)
    page.get_by_role("button", name="Create and add another").click()
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()
    expect(page.get_by_label("French (Canada)", exact=True)).to_be_checked()
    expect(page.get_by_label(re.compile("^Text to translate"))).to_have_value("")

    fill_form(page, f"See you soon {how}")
    page.get_by_role("button", name="Create task").click()
    created = re.search(r"Task (\d+) created", page.locator(".toast").inner_text())
    newest = page.locator("tbody tr").first
    expect(newest.get_by_role("link")).to_have_text(created[1])

    newest.get_by_role("link").click()
    expect(page.locator(".pagehead").get_by_text(str(created[1]))).to_be_visible()
    expect(page.get_by_role("img")).to_have_accessible_name(re.compile(r"\d of \d steps finished"))


def test_progress_moves_without_a_reload(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(44))
    rows = "document.querySelector('tbody').innerText"
    until_true(page, f"{rows} !== {json.dumps(page.evaluate(rows))}")
    bars = "[...document.querySelectorAll('.nodes .bar')].map((bar) => bar.getAttribute('aria-label')).join()"
    until_true(page, f"{bars} !== {json.dumps(page.evaluate(bars))}")


def test_a_hidden_tab_asks_for_nothing(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(44))
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false })")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("window.isHidden = true")
    page.wait_for_timeout(7000)
    assert asked == []
    page.evaluate("window.isHidden = false")
    with page.expect_request(lambda request: "tasks/" in request.url, timeout=10_000):
        pass


def ids(page: Page) -> list[str]:
    return page.locator("tbody .id").all_inner_texts()


def test_paging_by_htmx_reload_back_and_a_shared_link(browser: Browser, running: Demo) -> None:
    """S97, S98."""
    page = signed_in(browser, running)
    page.goto(running.workflow(44, "tasks/?limit=25"))
    first = ids(page)
    loads: list[str] = []
    page.on("load", lambda: loads.append(page.url))
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newer")).to_be_visible()
    second = ids(page)
    assert not set(first) & set(second)
    assert loads == [], "swapped in, not loaded"
    assert "cursor=" in page.url

    shared = browser.new_context(storage_state=page.context.storage_state()).new_page()
    shared.goto(page.url)
    assert ids(shared) == second
    page.reload()
    assert ids(page) == second
    page.get_by_role("link", name="Newer").click()
    expect(page.get_by_role("link", name="Newer")).to_have_count(0)
    assert ids(page) == first
    page.go_back()
    expect(page.get_by_role("link", name="Newer")).to_be_visible()
    assert ids(page) == second


def test_a_filter_by_htmx(browser: Browser, running: Demo) -> None:
    """S100."""
    page = signed_in(browser, running)
    page.goto(running.workflow(43))
    page.get_by_text("All tasks", exact=True).first.click()
    page.locator("#chip-finished").click()
    expect(page.locator("#status-menu summary")).to_have_text("Finished")
    words = page.locator("tbody .status").all_inner_texts()
    assert words
    assert set(words) == {"Finished"}
    assert "status=finished" in page.url
    page.get_by_text("View", exact=True).click()
    page.get_by_role("link", name="25 per page").click()
    page.wait_for_url(re.compile("limit=25"))
    assert "status=finished" in page.url


def test_the_keyboard_does_it_all(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(43, "tasks/new/"))
    expect(page.get_by_label(re.compile("^Subject"))).to_be_focused()
    page.keyboard.type("Typed without a mouse")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name=re.compile("^Fix [0-9]+ fields?$"))).to_be_visible()
    expect(page.get_by_label(re.compile("^Subject"))).to_have_value("Typed without a mouse")
    expect(page.locator(".errsum .note")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label(re.compile("^Customer message"))).to_be_focused()


def test_focus_survives_a_refresh(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(44))
    third = page.locator("tbody .id a").nth(2)
    third.focus()
    name = third.inner_text()
    with page.expect_response(lambda response: "tasks/" in response.url, timeout=10_000):
        pass
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.innerText") == name


def test_what_was_typed_survives_an_expired_session(browser: Browser, running: Demo) -> None:
    page = signed_in(browser, running)
    page.goto(running.workflow(43, "tasks/new/"))
    page.get_by_label(re.compile("^Subject")).fill("An hour of work")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_text("Your session expired")).to_be_visible()
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label(re.compile("^Subject"))).to_have_value("An hour of work")


def test_a_cold_list_is_light(browser: Browser, running: Demo) -> None:
    """At most 45 kB over the wire, in at most 7 requests."""
    page = signed_in(browser, running)
    fresh = browser.new_context(storage_state=page.context.storage_state()).new_page()
    sizes: list[int] = []
    fresh.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    fresh.goto(running.workflow(44))
    fresh.wait_for_load_state("networkidle")
    assert 2 <= len(sizes) <= 7
    assert sum(sizes) <= 45_000, sizes
    print(f"\nA cold list: {sum(sizes)} bytes in {len(sizes)} requests: {sizes}")
