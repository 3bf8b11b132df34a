"""A tab that starts again keeps its claim on the upload: what frees the old one never arrives after the new one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .big_archives import sparse_archive
from .tcp_proxy import Line, line
from .wizard import World, choose_and_start, expect_created, signed_in_page, world

pytestmark = pytest.mark.full

ROWS = [{"invoice": "a.bin"}]
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def wire() -> Iterator[Line]:
    with line() as wire:
        yield wire


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, wire: Line) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with world(folder, upload_origin=wire.origin, api_env={"STORAGE_PUBLIC_URL": wire.origin}) as running:
        wire.target = running.api.server.url
        yield running


@pytest.fixture
def page(browser: Browser, running: World) -> Iterator[Page]:
    page = signed_in_page(browser, running)
    yield page
    page.context.close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return sparse_archive(tmp_path / " scans.zip", "a.bin", mebibytes=16)


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Which of the wizard's addresses the page asked, in order."""
    names: list[str] = []
    page.on("request", lambda request: names.append(request.url.split("/")[-2]) if request.method == "POST" else None)
    return names


def test_starting_waits_until_the_old_claim_is_freed(
    page: Page, running: World, wire: Line, archive: Path, asked: list[str]
) -> None:
    held: list[Route] = []
    page.route("**/release/", lambda route: route.continue_() if held else held.append(route))
    wire.cut_after = 4 * MEBIBYTE
    choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
    again = page.get_by_role("button", name="Start again", exact=True)
    expect(again).to_be_visible(timeout=20_000)
    wire.cut_after = 0
    again.click()
    page.wait_for_timeout(1000)
    assert asked.count("start") == 1, "the release is not answered yet"
    held[0].continue_()
    expect_created(page, 1)
    assert asked.count("start") == 2


def test_starting_again_in_the_middle_frees_nothing(
    page: Page, running: World, wire: Line, archive: Path, asked: list[str]
) -> None:
    wire.bytes_per_second = 2 * MEBIBYTE
    choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
    expect(page.locator('[data-text="sent"]')).to_contain_text("MB of 16.8 MB", timeout=20_000)
    page.locator('[data-do="restart"]').first.dispatch_event("click")
    page.wait_for_timeout(500)
    wire.bytes_per_second = 0
    expect_created(page, 1)
    assert "release" not in asked[: asked.index("stored")][:-1]
