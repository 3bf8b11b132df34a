"""One Chromium for all browser tests, of both programs; what a test opened in it is closed with the test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.chromium import Chromium


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """For what is opened once for many tests."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        chromium = Chromium(playwright.chromium)
        patch.setattr(BrowserContext, "close", lambda context: chromium.close(context))
        yield chromium
        chromium.running.close()


@pytest.fixture
def browser(chromium: Chromium) -> Browser:
    return chromium.browser()


@pytest.fixture(autouse=True)
def close_pages(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page left open goes on drawing and asking: a handful of them keep a core busy."""
    if "browser" not in request.fixturenames:
        yield
        return
    chromium: Chromium = request.getfixturevalue("chromium")
    opened_before = {*chromium.browser().contexts}
    yield
    for context in {*chromium.running.contexts} - opened_before:
        context.close()
