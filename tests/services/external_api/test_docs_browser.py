"""The interactive documents in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.external_api.factories import Tenant
from tests.external_api.server import Server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def troubles(page: Page) -> list[str]:
    """Collect the errors of the browser."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def outside(server: Server, requests: list[Request]) -> list[str]:
    own = (server.url, "data:", "blob:")
    return [request.url for request in requests if not request.url.startswith(own)]


def test_swagger_is_served_here(server: Server, page: Page, troubles: list[str]) -> None:
    """S108, S109: it shows the operations and both security schemes, and loads nothing from other servers."""
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    page.goto(f"{server.url}/api/v1/docs")
    page.get_by_text("/api/v1/workflows/{workflow_id}/tasks/{task_id}").first.wait_for()
    page.get_by_role("button", name="Authorize").click()
    for scheme in ("ExternalApiBearerAuth", "ExternalApiKeyHeaderAuth"):
        assert page.get_by_text(scheme).first.is_visible()
    assert outside(server, requests) == []
    assert troubles == []


def test_swagger_calls_the_api_with_a_key(server: Server, tenant: Tenant, page: Page) -> None:
    """S108, S109: a request with the key succeeds."""
    workflow = tenant.workflow()
    page.goto(f"{server.url}/api/v1/docs#/Workflows/get_workflow")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("auth-bearer-value").fill(tenant.key)
    page.get_by_role("button", name="Apply credentials").first.click()
    page.get_by_role("button", name="Close").first.click()
    operation = page.locator("#operations-Workflows-get_workflow")
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("workflow_id").fill(str(workflow.pk))
    with page.expect_response(f"{server.url}/api/v1/workflows/{workflow.pk}") as called:
        operation.get_by_role("button", name="Execute").click()
    assert called.value.status == 200


def test_redoc_is_served_here(server: Server, page: Page, troubles: list[str]) -> None:
    """S110: it shows the operations with its styles, and does not even try to load anything from other servers."""
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    page.goto(f"{server.url}/api/v1/redoc")
    page.get_by_role("heading", name="One task's status and node progress").wait_for()
    page.get_by_text("application/json").first.wait_for()
    page.get_by_text("API docs by Redocly").wait_for()
    assert page.evaluate("document.styleSheets.length && [...document.styleSheets].some(s => s.cssRules.length > 50)")
    page.wait_for_load_state("networkidle")
    assert outside(server, requests) == []
    assert troubles == []
