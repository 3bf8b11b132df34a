"""A storage that has no room just now."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from .big_archives import sparse_archive
from .wizard import ORGANIZATION, World, choose_and_start, signed_in_page, world

pytestmark = pytest.mark.full

ONE_PLACE = {"STORAGE_CONCURRENT_UPLOADS": "1", "STORAGE_LEAST_BYTES_PER_SECOND": "1"}


@contextmanager
def place_taken(running: World) -> Iterator[None]:
    """Another program of the organization is sending an archive, without haste."""
    key = running.api.new_key(ORGANIZATION)
    started = running.api.server.post(
        "/workflows/57/tasks/upload", key=key, json={"tasks": [{"fields": {"invoice": "a.bin"}}]}
    )
    url = urlsplit(started.json()["upload_url"])
    head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/zip\r\n"
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(f"{head}Content-Length: 5000000\r\n\r\nPK".encode())
        yield


def test_a_busy_storage_asks_to_start_again_with_the_same_link(browser: Browser, tmp_path: Path) -> None:
    archive = sparse_archive(tmp_path / "small.zip", "a.bin", mebibytes=1)
    with world(tmp_path / "world", workers=False, api_env=ONE_PLACE) as running, place_taken(running):
        page = signed_in_page(browser, running)
        choose_and_start(page, running.make_upload(archive, 57, [{"invoice": "a.bin"}]), archive)
        expect(page.locator("strong", has_text="The storage is busy")).to_be_visible(timeout=20_000)
        with page.expect_request(lambda request: request.method == "PUT") as second:
            page.get_by_role("button", name="Start again").filter(visible=True).click()
        assert "/storage/" in second.value.url
        page.context.close()
