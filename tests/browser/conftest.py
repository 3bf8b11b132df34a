"""The world of the upload wizard, and a person signed in there. Modules that want another world make their own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests import starting
from tests.browser.fixtures import browser, chromium, close_pages

from .wizard import World, signed_in_page, world

__all__ = ["browser", "chromium", "close_pages"]


def pytest_configure(config: pytest.Config) -> None:
    """Let all processes of a run share the process that starts programs."""
    if config.getoption("numprocesses", None):
        starting.share()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def opened_page(browser: Browser, running: World) -> Iterator[Page]:
    page = signed_in_page(browser, running)
    yield page
    page.context.close()


@pytest.fixture
def page(opened_page: Page) -> Page:
    return opened_page


@pytest.fixture
def quiet_page(opened_page: Page) -> Iterator[Page]:
    """Which fails on anything the browser complains of."""
    complaints: list[str] = []
    opened_page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened_page.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened_page
    assert complaints == []
