"""What the task list costs a browser that has nothing of the portal yet."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.demo import Demo, demo
from tests.browser.signing_in import signed_in_context

MOST_BYTES, MOST_REQUESTS = 47_500, 7


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, running: Demo) -> Iterator[Page]:
    context = signed_in_context(browser, running.portal)
    yield context.new_page()
    context.close()


def test_the_task_list_is_light(page: Page, running: Demo) -> None:
    """As bytes over the wire, with headers, of the page and all it loads."""
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")

    def note_address(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def note_size(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    network.on("Network.responseReceived", note_address)
    network.on("Network.loadingFinished", note_size)
    page.goto(running.workflow(43))
    assert page.locator("a.rowlink").count() > 40
    found = {addresses[request].removeprefix(running.url): size for request, size in sizes.items()}
    assert len(found) <= MOST_REQUESTS, found
    assert sum(found.values()) <= MOST_BYTES, (sum(found.values()), found)
