"""A real S3 server as storage: with a CORS rule the browser sends to it, without one the page says what it may be."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import seaweedfs
from tests.archives import files
from tests.external_api.server import free_port

from .big_archives import sparse_archive
from .wizard import World, choose_and_start, expect_created, signed_in_page, world

pytestmark = pytest.mark.full

ROWS = [{"invoice": "a.png"}, {"invoice": "b.png"}]


@pytest.fixture(scope="module")
def s3() -> Iterator[seaweedfs.SeaweedFS]:
    with seaweedfs.running() as server:
        yield server


@pytest.fixture(scope="module")
def without_cors(tmp_path_factory: pytest.TempPathFactory, s3: seaweedfs.SeaweedFS) -> Iterator[World]:
    """The bucket lets no browser in."""
    with _world(tmp_path_factory, s3, s3.make_bucket("closed")) as running:
        yield running


def _world(
    factory: pytest.TempPathFactory, s3: seaweedfs.SeaweedFS, storage_url: str, **options: Any
) -> AbstractContextManager[World]:
    return world(
        factory.mktemp("world"),
        storage_url=storage_url,
        upload_origin=s3.endpoint,
        api_env=s3.environment,
        **options,
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "scans.zip"
    path.write_bytes(files("a.png", "b.png"))
    return path


@pytest.fixture
def page(browser: Browser, without_cors: World) -> Iterator[Page]:
    page = signed_in_page(browser, without_cors)
    yield page
    page.context.close()


def test_browser_sends_a_gigabyte_where_a_rule_lets_it(
    browser: Browser, s3: seaweedfs.SeaweedFS, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """S70, S71, S155: 1 GiB straight to the bucket, and not through the API or the portal."""
    port = str(free_port())
    storage_url = s3.make_bucket("open", cors_origins=[f"http://127.0.0.1:{port}"])
    with _world(tmp_path_factory, s3, storage_url, portal_env={"PORT": port}) as running:
        page = signed_in_page(browser, running)
        archive = sparse_archive(tmp_path / "big.zip", "a.bin", "b.bin", mebibytes=1024)
        puts: list[str] = []
        page.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
        choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
        expect_created(page, 2, seconds=200)
        assert [url.startswith(f"{s3.endpoint}/open/") for url in puts] == [True]
        page.context.close()


def test_refusing_bucket_is_told_each_time(page: Page, without_cors: World, archive: Path) -> None:
    """The browser gives no reason, so the page says what it may be, and whom to ask."""
    address = without_cors.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    lost = page.locator('[data-when="lost"]')
    expect(lost).to_be_visible()
    expect(lost).to_contain_text("the storage may block uploads from this site (CORS). Ask your administrator.")
    assert without_cors.upload_row(address)["stage"] == "uploading"
    with page.expect_request("**/start/"):
        lost.get_by_role("button", name="Start again").click()
    expect(lost).to_be_visible()
