"""A storage that has no room just now."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from .big_archives import sparse_archive
from .wizard import choose_and_start, signed_in_page, world


def test_a_busy_storage_asks_to_start_again_with_the_same_link(browser: Browser, tmp_path: Path) -> None:
    archive = sparse_archive(tmp_path / "small.zip", "a.bin", mebibytes=1)
    with world(tmp_path / "world", workers=False, api_env={"STORAGE_CONCURRENT_UPLOADS": "0"}) as running:
        page = signed_in_page(browser, running)
        choose_and_start(page, running.make_upload(archive, 57, [{"invoice": "a.bin"}]), archive)
        expect(page.locator("strong", has_text="The storage is busy")).to_be_visible(timeout=20_000)
        with page.expect_request(lambda request: request.method == "PUT") as second:
            page.get_by_role("button", name="Start again").filter(visible=True).click()
        assert "/storage/" in second.value.url
        page.context.close()
