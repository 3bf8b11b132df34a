"""An open list and its key: rejected, it stops asking; told to wait, it resumes by itself; each says so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import EMAIL, PASSWORD
from tests.browser.signing_in import sign_in
from tests.faulty_api import FaultyApi, answer, error, faulty_api
from tests.live import Portal, portal
from tests.samples import task

pytestmark = pytest.mark.full

NOW = datetime.now(UTC).isoformat()
MOVING = answer(200, {"tasks": [task(1, "in_progress") | {"updated_at": NOW}], "next_cursor": None, "has_more": False})


@pytest.fixture
def open_list(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, FaultyApi, Portal]]:
    found = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})
    with faulty_api(found) as api, portal(tmp_path, api.url) as running:
        api.routes["/schema"] = answer(200, {"fields": []})
        running.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given="pk_live_" + "a" * 40)
        api.routes = {"/tasks": MOVING}
        page = browser.new_context().new_page()
        sign_in(page, EMAIL, PASSWORD, at=running.url)
        page.goto(f"{running.url}/keys/1/workflows/42/tasks/")
        yield page, api, running
        page.context.close()


def test_a_rejected_key_ends_the_refreshing_and_a_check_brings_it_back(open_list: Any) -> None:
    page, api, _ = open_list
    api.routes = {"/workflows/": error(401, "invalid_api_key", "Invalid API key")}
    notice = page.locator("#page-notice")
    expect(notice).to_contain_text("API key rejected", timeout=15_000)
    expect(page.locator("#live .live")).to_contain_text("Updates stopped at")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(6_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    assert asked == []
    expect(page.locator("#t1")).to_be_visible()
    api.routes = {"/tasks": MOVING, "/workflows/2147483647": error(404, "not_found", "No")}
    notice.get_by_role("button", name="Check key").click()
    expect(page.locator("#toasts")).to_contain_text("Key “Acme” is active")


def test_a_pause_is_waited_for(open_list: Any) -> None:
    page, api, _ = open_list
    api.routes = {"/tasks": error(429, "rate_limit_exceeded", "Slow down", retry_after=7)}
    expect(page.locator("#page-notice")).to_contain_text("Updates resume automatically", timeout=20_000)
    asked = len(api.requests)
    api.routes = {"/tasks": MOVING}
    page.wait_for_timeout(500)
    assert len(api.requests) == asked
    expect(page.locator("#page-notice")).not_to_contain_text("Updates resume", timeout=20_000)
    assert len(api.requests) > asked


def test_the_banner_leads_to_the_form(open_list: Any) -> None:
    page, api, running = open_list
    api.routes = {"/workflows/": error(401, "invalid_api_key", "Invalid API key")}
    page.goto(f"{running.url}/keys/1/")
    page.get_by_role("button", name="Check key").first.click()
    page.get_by_role("link", name="Replace key").click()
    expect(page.get_by_label("New API key")).to_be_visible()
