"""The interactive documents, in a browser that can reach nothing but this server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant
from tests.external_api.server import Server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def troubles(page: Page) -> list[str]:
    """What the browser complains of."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def outside(server: Server, requests: list[Request]) -> list[str]:
    own = (server.url, "data:", "blob:")
    return [request.url for request in requests if not request.url.startswith(own)]


def test_swagger_is_served_here(server: Server, page: Page, troubles: list[str]) -> None:
    """S108, S109: it shows the operations and offers both schemes, without another server."""
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
    """S108, S109: authorize, try it out, 200."""
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
    """S110: it shows the operations in its own colours; nothing is loaded from elsewhere, no script is inline."""
    answers: list[str] = []
    page.on("requestfinished", lambda request: answers.append(request.url))
    page.goto(f"{server.url}/api/v1/redoc")
    page.get_by_role("heading", name="One task's status and node progress").wait_for()
    page.get_by_text("application/json").first.wait_for()
    assert [url for url in answers if not url.startswith((server.url, "data:", "blob:"))] == []
    assert page.evaluate("document.styleSheets.length && [...document.styleSheets].some(s => s.cssRules.length > 50)")
    # What its policy forbids it besides is its maker's logo, and a style or two that it does without.
    assert not [
        trouble for trouble in troubles if "script" in trouble or "img-src" not in trouble and "style" not in trouble
    ]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_documents_need_no_key_and_are_read_only(server: Server, path: str) -> None:
    """S2, S60, S108, S110: open, for GET alone, and held to this server by their policy."""
    answer = server.get(path)
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert error_of(server.post(path))[:2] == (405, "api_error")


def test_assets_come_from_here(server: Server) -> None:
    """S108: no address of another host in the pages."""
    for path in ("/docs", "/redoc"):
        assert "https://" not in server.get(path).text
