"""What Back shows: pages asked for again, and after signing out none. (That ends the session, and so stands last.)"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .wizard import World, signed_in_page, world


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world"), workers=False) as running:
        yield running


def test_back_works_through_pages_that_htmx_brought(browser: Browser, running: World) -> None:
    """Pages that no cache keeps are asked for again, whole."""
    page = signed_in_page(browser, running)
    page.goto("/keys/1/workflows/57/tasks/")
    page.goto("/keys/1/workflows/57/upload/")
    page.evaluate("history.pushState({htmx: true}, '', '?upload=x')")
    page.goto("/keys/")
    page.go_back()
    expect(page.get_by_role("heading", name="Choose files")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("link", name="Upload ZIP").first).to_be_visible()
    page.context.close()


def test_back_does_not_show_the_page_of_someone_who_signed_out(browser: Browser, running: World) -> None:
    page = signed_in_page(browser, running)
    page.goto("/submissions/")
    page.goto("/keys/")
    expect(page.get_by_role("heading", name="API keys", exact=True)).to_be_visible()
    page.goto("/account/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    for _ in range(2):
        page.go_back()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_role("heading", name="API keys", exact=True)).to_have_count(0)
    page.context.close()
