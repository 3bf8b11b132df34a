"""The browser sends the archive to storage itself, and the rest follows by itself."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.archives import files

from .big_archives import sparse_archive
from .wizard import World, choose_and_start, expect_created

ROWS = [{"invoice": "a.png"}, {"invoice": "b.png"}, {"invoice": "c.png"}]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "invoices november.zip"
    path.write_bytes(files("a.png", "b.png", "c.png"))
    return path


def test_archive_becomes_tasks(page: Page, running: World, archive: Path) -> None:
    """S141, S155, S157, S166, S167: PUT straight to storage, confirm by itself, follow to the end."""
    puts: list[tuple[str, str | None]] = []
    page.on("request", lambda r: puts.append((r.url, r.headers.get("content-type"))) if r.method == "PUT" else None)
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    expect_created(page, 3)
    assert page.url == f"{address}result/"
    assert [(url.startswith(running.api.server.url), kind) for url, kind in puts] == [(True, "application/zip")]
    row = running.upload_row(address)
    assert (row["stage"], row["state"], row["created"], row["has_link"]) == ("completed", "created", 3, False)
    expect(page.get_by_role("region", name="Rows").get_by_role("link")).to_have_count(3)


@pytest.mark.full
def test_file_goes_from_the_choice_to_the_upload(page: Page, running: World, archive: Path) -> None:
    """The four steps in one go: the file is chosen once, and each step has an address of its own."""
    page.goto("/keys/1/workflows/57/upload/")
    page.set_input_files("[data-archive]", archive)
    page.get_by_role("link", name=re.compile("Create 3 tasks")).click()
    expect_created(page, 3)
    page.go_back()
    expect_created(page, 3)


def test_page_asks_again_until_the_worker_has_read_the_rows(page: Page, running: World, archive: Path) -> None:
    page.goto("/keys/1/workflows/57/upload/")
    being_read = {"status": 204, "headers": {"HX-Trigger": "rows-being-read"}}
    page.route("**/upload/", lambda route: route.fulfill(**being_read), times=1)
    page.set_input_files("[data-archive]", archive)
    expect(page.get_by_text("Checking files")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Create 3 tasks"))).to_be_visible()
    expect(page.get_by_text("Checking files")).to_be_hidden()


def test_link_is_nowhere_in_page_or_storage(page: Page, running: World, archive: Path) -> None:
    """The presigned URL lives in the script's memory alone."""
    links: list[str] = []
    page.on("request", lambda r: links.append(r.url) if r.method == "PUT" else None)
    page.route("**/stored/", lambda route: route.abort())
    choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
    expect(page.locator("strong", has_text="but the portal isn’t responding")).to_be_visible()
    kept = page.content() + page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert links and links[0].split("signature=")[1] not in kept + page.url
    log = (running.folder / "portal" / "portal.log").read_text()
    assert "signature=" not in log


@pytest.mark.full
def test_rejected_rows_name_their_entries(page: Page, running: World, tmp_path: Path) -> None:
    """S128, S129, S153: an error is tied to the folder it came of; the CSV says the same."""
    archive = tmp_path / "pairs.zip"
    archive.write_bytes(files("one/front.png", "one/back.png", "two/front.png"))
    rows = [{"front": "one/front.png"}, {"front": "two/front.png"}]
    address = running.make_upload(archive, 58, rows, entries=["one", "two"])
    choose_and_start(page, address, archive)
    expect(page.locator("p.headline")).to_have_text(re.compile(r"1 task created\s*,\s*1 rejected"), timeout=20_000)
    page.get_by_role("link", name="Rejected 1").click()
    expect(page.get_by_role("region", name="Rows").get_by_role("row").nth(1)).to_contain_text("two")
    page.get_by_role("main").locator("summary", has_text="More").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows (CSV)").click()
    table = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert table[0] == ["Row", "File", "Field", "Problem"]
    assert table[1] == ["2", "two", "back", "back is missing"]


def test_rows_go_along_and_rejected_ones_become_a_new_draft(page: Page, running: World, tmp_path: Path) -> None:
    """S138, S154: a mixed workflow's rows are sent with the init; sending again keeps the rejected ones only."""
    archive = tmp_path / "receipts.zip"
    archive.write_bytes(files("a.png", "b.png"))
    rows = [{"receipt": "a.png", "total": "12"}, {"receipt": "b.png", "total": "a lot"}]
    address = running.make_upload(archive, 59, rows, sends_rows=True)
    choose_and_start(page, address, archive)
    expect(page.locator("p.headline")).to_have_text(re.compile(r"1 task created\s*,\s*1 rejected"), timeout=20_000)
    page.get_by_role("button", name="Fix rejected row").click()
    page.wait_for_url("**/workflows/59/upload/?rows=*")


@pytest.mark.full
def test_unusable_archive_says_why(page: Page, running: World, tmp_path: Path) -> None:
    """S165: `failed`, with the API's own reason, and nothing created."""
    archive = tmp_path / "broken.zip"
    archive.write_bytes(b"PK\x03\x04 this is no archive")
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    expect(page.get_by_text("No tasks created")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("No tasks created")).to_be_visible()
    assert running.upload_row(address)["state"] == "rejected"


@pytest.mark.full
def test_gigabyte_goes_through_with_figures_and_few_announcements(page: Page, running: World, tmp_path: Path) -> None:
    """S70, S147: 1 GiB from disk to storage. Screen readers hear of it at most every 10 %."""
    archive = sparse_archive(tmp_path / "big.zip", "a.bin", "b.bin", mebibytes=1024)
    rows = [{"invoice": "a.bin"}, {"invoice": "b.bin"}]
    page.goto(running.make_upload(archive, 57, rows))
    page.set_input_files("#same-file", archive)
    page.evaluate(
        """() => { window.heard = []; window.titles = [];
        const place = document.querySelector('[data-text="announcement"]');
        const title = document.querySelector("title");
        new MutationObserver(() => heard.push(place.textContent)).observe(place, {childList: true});
        new MutationObserver(() => titles.push(document.title)).observe(title, {childList: true});
        addEventListener("beforeunload", () => sessionStorage.setItem("seen", JSON.stringify([heard, titles])));
        }"""
    )
    page.get_by_role("button", name="Create 2 tasks").click()
    expect(page.locator('[data-text="speed"]')).to_contain_text("MB/s", timeout=20_000)
    expect(page.locator('[data-text="sent"]')).to_contain_text("of 1.07 GB")
    expect(page.locator('[data-text="expires"]')).to_contain_text("in 1 h")
    expect_created(page, 2, seconds=120)
    heard, titles = page.evaluate('JSON.parse(sessionStorage.getItem("seen"))')
    steps = [words for words in heard if "% sent" in words]
    assert 1 <= len(steps) <= 10
    assert all(int(words.split()[0]) % 10 == 0 for words in steps)
    assert any(" % · Upload" in title for title in titles)
