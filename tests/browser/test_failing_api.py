"""The portal in Chromium before an API that is slow, limits, fails and comes back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.demo import accessibility_faults
from tests.faulty_api import Answer, FaultyApi, answer, error, faulty_api, hang_up, slow
from tests.live import Portal, portal
from tests.samples import task

KEY = "pk_live_" + "c" * 40
FIELDS = [{"name": "text", "title": "Text", "type": "long_text", "required": True, "format_hint": None}]
CREATED = answer(200, {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [8]})


def tasks(*ids: int) -> Answer:
    """Return a list of tasks that were created just now."""
    now = datetime.now(UTC).isoformat()
    listed = [task(number) | {"created_at": now, "updated_at": now} for number in ids]
    return answer(200, {"tasks": listed, "next_cursor": None, "has_more": False})


def good_routes() -> dict[str, Answer]:
    return {
        "POST /api/v1/workflows/42/tasks": CREATED,
        "/schema": answer(200, {"workflow_id": 42, "fields": FIELDS}),
        "/workflows/42/tasks": tasks(7, 6),
        "/workflows/42": answer(200, {"id": 42, "name": "Translations", "status": "ACTIVE"}),
    }


@dataclass
class Stage:
    api: FaultyApi
    portal: Portal
    page: Page

    def visit(self, tail: str) -> Page:
        self.page.goto(f"{self.portal.url}/keys/1/workflows/42/{tail}")
        return self.page

    def posts(self) -> int:
        return sum(request.startswith("POST") for request in self.api.requests)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FaultyApi, Portal]]:
    with faulty_api(error(404, "not_found", "Nothing here")) as api:
        api.routes = good_routes()
        with portal(tmp_path_factory.mktemp("portal"), api.url, API_TIMEOUT_SECONDS="1") as started:
            started.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given=KEY)
            yield api, started


@pytest.fixture
def stage(browser: Browser, running: Any) -> Iterator[Stage]:
    api, started = running
    api.routes = good_routes()
    api.requests.clear()
    context = browser.new_context()
    session = started.sign_in("demo@example.com", "pipelines-demo")
    context.add_cookies([{"name": name, "value": value, "url": started.url} for name, value in session.cookies.items()])
    yield Stage(api, started, context.new_page())
    context.close()


def test_a_limit_counts_down_and_then_works(stage: Stage) -> None:
    """S62, S63, S66."""
    stage.api.routes["/workflows/42/tasks"] = error(429, "rate_limit_exceeded", "Slow down", retry_after=3)
    page = stage.visit("tasks/")
    again = page.get_by_role("link", name=re.compile("Try again"))
    expect(page.get_by_text("Pipelines asks us to wait").first).to_be_visible()
    expect(again).to_have_attribute("aria-disabled", "true")
    assert accessibility_faults(page) == []
    stage.api.routes = good_routes()
    expect(again).not_to_have_attribute("aria-disabled", "true", timeout=6000)
    again.click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_refresh_that_fails_keeps_the_list_and_a_good_one_takes_the_note_back(stage: Stage) -> None:
    page = stage.visit("tasks/")
    expect(page.locator("tbody tr")).to_have_count(2)
    stage.api.routes["/workflows/42/tasks"] = error(503, "service_unavailable", "Down")
    note = page.get_by_text("Pipelines isn’t responding")
    expect(note).to_be_visible(timeout=15_000)
    expect(page.locator("tbody tr")).to_have_count(2)
    assert accessibility_faults(page) == []
    stage.api.routes["/workflows/42/tasks"] = tasks(8, 7, 6)
    new = page.get_by_role("link", name="1 new task")
    expect(new).to_be_visible(timeout=15_000)
    expect(note).to_have_count(0)
    new.click()
    expect(page.locator("tbody tr")).to_have_count(3)


def limited_form(stage: Stage, pause: int) -> Page:
    """Create a task by keyboard while the API asks for a pause, and let the API work again."""
    page = stage.visit("tasks/new/")
    page.get_by_label(re.compile("^Text")).fill(f"Limited for {pause} s")
    stage.api.routes["POST /api/v1/workflows/42/tasks"] = error(429, "rate_limit_exceeded", "Slow", retry_after=pause)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Task not created yet")).to_be_visible(timeout=15_000)
    stage.api.routes = good_routes()
    stage.api.requests.clear()
    return page


def test_a_rate_limited_form_sends_itself_once(stage: Stage) -> None:
    page = limited_form(stage, 4)
    assert accessibility_faults(page) == [] and stage.posts() == 0
    expect(page.get_by_text("Task 8 created")).to_be_visible(timeout=15_000)
    page.wait_for_timeout(1500)
    assert stage.posts() == 1


@pytest.mark.parametrize("how", ["cancel", "change", "leave"])
def test_a_rate_limited_form_stays_with_a_person_who_takes_it(stage: Stage, how: str) -> None:
    page = limited_form(stage, 5 if how == "cancel" else 6 if how == "change" else 7)
    if how == "cancel":
        page.get_by_role("button", name="Cancel").press("Enter")
        expect(page.get_by_role("button", name="Create task")).to_be_focused()
    elif how == "change":
        page.get_by_label(re.compile("^Text")).press_sequentially("!")
    else:
        page.get_by_role("link", name="Sent").click()
    page.wait_for_timeout(9000)
    assert stage.posts() == 0
    if how != "leave":
        expect(page.get_by_text("Stopped. Create the task")).to_be_visible()
        page.get_by_role("button", name="Create task").click()
        expect(page.get_by_text("Task 8 created")).to_be_visible()


def test_a_form_shows_that_it_is_being_sent(stage: Stage) -> None:
    """The page stays after a 204, as it does while the answer is awaited."""
    stage.page.clock.install()
    page = stage.visit("tasks/new/")
    page.get_by_label(re.compile("^Text")).fill("Slowly")
    sent: list[str] = []

    def hold(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)

    page.route("**/tasks/new/", hold)
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_role("button", name="Creating…")).to_be_disabled()
    expect(page.get_by_role("button", name="Create and add another")).to_be_disabled()
    page.keyboard.press("Control+Enter")
    page.clock.run_for(6000)
    expect(page.get_by_text(re.compile(r"Pipelines is slow\. Still waiting \(\d s\)"))).to_be_visible()
    assert sent == ["POST"]
    assert accessibility_faults(page) == []
    page.unroute("**/tasks/new/")


def test_a_download_can_be_saved_twice(stage: Stage) -> None:
    """The form of a download stays on the page, so it is not sent once only."""
    page = stage.visit("tasks/new/")
    page.get_by_label(re.compile("^Text")).fill("To be saved")
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_text("Task 8 created")).to_be_visible()
    page.goto(f"{stage.portal.url}/submissions/")
    page.get_by_text("Export", exact=True).click()
    for form in ("CSV", "Excel (XLSX)"):
        with page.expect_download():
            page.get_by_role("button", name=form, exact=True).click()


def test_an_error_that_is_no_page_replaces_nothing(stage: Stage) -> None:
    """As a proxy or the web server itself answers."""
    page = stage.visit("tasks/")
    page.route("**/tasks/?*", lambda route: route.fulfill(status=503, content_type="text/plain", body="Unavailable"))
    page.route("**/tasks/", lambda route: route.fulfill(status=503, content_type="text/plain", body="Unavailable"))
    expect(page.locator("#page-notice")).to_contain_text("the portal is down", timeout=15_000)
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_double_click_on_a_slow_api_sends_once(stage: Stage) -> None:
    stage.api.routes["POST /api/v1/workflows/42/tasks"] = slow(1, CREATED)
    page = stage.visit("tasks/new/")
    page.get_by_label(re.compile("^Text")).fill("Once")
    page.get_by_role("button", name="Create task").dblclick()
    expect(page.get_by_text("Task 8 created")).to_be_visible()
    assert stage.posts() == 1


def test_a_lost_answer_is_shown_as_uncertain_with_what_appeared_since(stage: Stage) -> None:
    """Never sent again by itself; what appeared since is shown."""
    stage.api.routes["POST /api/v1/workflows/42/tasks"] = hang_up
    page = stage.visit("tasks/new/")
    page.get_by_label(re.compile("^Text")).fill("Perhaps")
    page.get_by_role("button", name="Create task").click()
    page.wait_for_url("**/submissions/**")
    stage.api.routes["/workflows/42/tasks"] = tasks(9, 7, 6)
    page.reload()
    expect(page.get_by_text("You sent 1 row, and 1 task appeared at that time.")).to_be_visible()
    assert stage.posts() == 1
    assert accessibility_faults(page) == []


def test_a_refused_task_keeps_what_was_typed(stage: Stage) -> None:
    stage.api.routes["POST /api/v1/workflows/42/tasks"] = error(413, "payload_too_large", "Too large")
    page = stage.visit("tasks/new/")
    page.get_by_label(re.compile("^Text")).fill("Precious words")
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_text("Your text is saved.")).to_be_visible(timeout=15_000)
    expect(page.get_by_label(re.compile("^Text"))).to_have_value("Precious words")
    assert accessibility_faults(page) == []
    stage.api.routes = good_routes()
    page.get_by_role("button", name="Create task").click()
    expect(page.get_by_text("Task 8 created")).to_be_visible()


def test_a_portal_that_is_gone_is_told_while_the_list_stays(stage: Stage) -> None:
    page = stage.visit("tasks/")
    page.context.set_offline(True)
    expect(page.get_by_text("offline or the portal is down")).to_be_visible(timeout=15_000)
    expect(page.locator("tbody tr")).to_have_count(2)
