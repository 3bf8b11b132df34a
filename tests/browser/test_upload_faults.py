"""What goes wrong on the way to storage: the line, the link, the page itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from .big_archives import sparse_archive
from .tcp_proxy import Line, line
from .wizard import World, choose_and_start, expect_created, signed_in_page, world

ROWS = [{"invoice": "a.bin"}]
MEBIBYTE = 1024 * 1024
START = "Create 1 task"


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


@pytest.fixture(autouse=True)
def good_line(wire: Line, running: World) -> Iterator[None]:
    yield
    wire.target = running.api.server.url
    wire.bytes_per_second, wire.stands_still, wire.cut_after = 0, False, 0


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return sparse_archive(tmp_path / "scans.zip", "a.bin", mebibytes=16)


def shown(page: Page, words: str) -> None:
    expect(page.locator("strong:visible, p:visible", has_text=words).first).to_be_visible(timeout=20_000)


def wait_until_moving(page: Page) -> None:
    expect(page.locator('[data-text="sent"]')).to_contain_text("MB of 16.8 MB", timeout=20_000)


def test_line_cut_in_the_middle_starts_again_with_the_same_link(
    page: Page, running: World, wire: Line, archive: Path
) -> None:
    """A dropped connection is told, and a restart sends everything again under the link that still lives."""
    wire.cut_after = 4 * MEBIBYTE
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    shown(page, "Upload interrupted")
    before = running.upload_row(address)
    assert (before["stage"], before["state"]) == ("uploading", "draft")
    wire.cut_after = 0
    page.get_by_role("button", name="Start again", exact=True).click()
    expect_created(page, 1)
    assert running.upload_row(address)["upload_id"] == before["upload_id"]


@pytest.mark.full
def test_storage_that_is_away_is_told_and_takes_the_same_choice_when_it_is_back(
    page: Page, running: World, wire: Line, archive: Path
) -> None:
    wire.target = "http://127.0.0.1:9"
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    shown(page, "Upload interrupted")
    assert running.upload_row(address)["stage"] == "uploading"
    wire.target = running.api.server.url
    page.get_by_role("button", name="Start again", exact=True).click()
    expect_created(page, 1)


@pytest.mark.full
def test_reload_in_the_middle_asks_for_the_same_file(
    page: Page, running: World, wire: Line, archive: Path, tmp_path: Path
) -> None:
    """Leaving asks first; after it another file is refused by name, size and contents, and the same one goes on."""
    wire.bytes_per_second = 2 * MEBIBYTE
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
    wait_until_moving(page)
    page.reload()
    assert asked == ["beforeunload"]
    shown(page, "Choose scans.zip again")
    shown(page, "Uploads can’t be resumed")
    wire.bytes_per_second = 0
    for name, size, reason in (("other.zip", 16, "Its name is different"), ("scans.zip", 15, "Its size is different")):
        (tmp_path / str(size)).mkdir()
        page.set_input_files("#same-file", sparse_archive(tmp_path / str(size) / name, "a.bin", mebibytes=size))
        shown(page, reason)
    (tmp_path / "x").mkdir()
    page.set_input_files("#same-file", sparse_archive(tmp_path / "x" / "scans.zip", "b.bin", mebibytes=16))
    shown(page, "Its contents are different")
    page.set_input_files("#same-file", archive)
    page.get_by_role("button", name=START).click()
    expect_created(page, 1)


def test_second_tab_waits_and_never_sends(page: Page, running: World, wire: Line, archive: Path) -> None:
    """Two tabs on one upload: one PUT. The second says so, and goes on to the result by itself."""
    wire.bytes_per_second = 4 * MEBIBYTE
    puts: list[str] = []
    page.context.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    wait_until_moving(page)
    second = page.context.new_page()
    second.goto(address)
    shown(second, "This upload is running in another tab")
    expect(second.get_by_role("button", name=START).locator("visible=true")).to_have_count(0)
    expect_created(page, 1)
    expect_created(second, 1)
    assert len(puts) == 1


@pytest.mark.full
def test_person_may_take_over_in_the_second_tab(page: Page, running: World, wire: Line, archive: Path) -> None:
    """Taking over stops the first tab: two never send at once."""
    wire.bytes_per_second = 0.5 * MEBIBYTE
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    expect(page.locator('[data-text="sent"]')).to_contain_text("MB of", timeout=20_000)
    second = page.context.new_page()
    second.goto(address)
    second.get_by_role("button", name="Upload here instead").click()
    second.set_input_files("#same-file", archive)
    second.get_by_role("button", name=START).click()
    shown(page, "This upload continues in another tab")
    wire.bytes_per_second = 0
    expect_created(second, 1, seconds=60)


def test_cancel_creates_nothing_and_may_be_started_again(page: Page, running: World, wire: Line, archive: Path) -> None:
    """A cancelled upload is a chosen archive again, its link forgotten."""
    wire.bytes_per_second = MEBIBYTE
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    wait_until_moving(page)
    page.get_by_role("button", name="Cancel upload").first.click()
    shown(page, "Upload cancelled")
    row = running.upload_row(address)
    assert (row["stage"], row["has_link"], row["state"]) == ("chosen", False, "draft")
    assert page.title().startswith("Upload")
    wire.bytes_per_second = 0
    page.get_by_role("button", name="Start again").click()
    expect_created(page, 1)


@pytest.mark.full
def test_offline_waits_and_starts_again_by_itself(page: Page, running: World, wire: Line, archive: Path) -> None:
    """The connection comes back, and nobody has to press anything."""
    wire.bytes_per_second = 2 * MEBIBYTE
    choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
    wait_until_moving(page)
    page.context.set_offline(True)
    wire.cut_after = 1  # the browser itself sends once more over a fresh connection
    wire.cut()
    shown(page, "You’re offline")
    wire.bytes_per_second, wire.cut_after = 0, 0
    page.context.set_offline(False)
    expect_created(page, 1)


@pytest.mark.full
def test_standstill_is_told_after_thirty_seconds(page: Page, running: World, wire: Line, archive: Path) -> None:
    """A notice with a way on; it goes when bytes move again."""
    page.clock.install()
    wire.bytes_per_second = 4 * MEBIBYTE
    choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
    wait_until_moving(page)
    wire.stands_still = True
    page.wait_for_timeout(1000)
    stalled = page.get_by_text("Upload stalled for 30 s")
    page.clock.fast_forward(25_000)
    expect(stalled).to_be_hidden()
    page.clock.fast_forward(10_000)
    expect(stalled).to_be_visible()
    wire.stands_still = False
    expect_created(page, 1)


@pytest.mark.full
def test_end_after_the_links_expiry_is_foretold(page: Page, running: World, wire: Line, tmp_path: Path) -> None:
    """S142, S147: at this speed it ends after the link expires: the person chooses."""
    archive = sparse_archive(tmp_path / "scans.zip", "a.bin", mebibytes=512)
    wire.bytes_per_second = 64 * 1024
    choose_and_start(page, running.make_upload(archive, 57, ROWS), archive)
    warning = page.get_by_text("after the link expires")
    expect(warning).to_be_visible(timeout=40_000)
    page.get_by_role("button", name="Continue").click()
    expect(warning).to_be_hidden()
    page.get_by_role("button", name="Cancel upload").first.click()
    shown(page, "Upload cancelled")


def _counting(route: Route, seconds: int) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"seconds": seconds})


@pytest.mark.parametrize(("seconds", "words"), [(900, "Upload refused"), (0, "The link has expired")])
@pytest.mark.full
def test_expired_link_is_refused_and_a_new_one_asked_for(
    page: Page, running: World, wire: Line, archive: Path, seconds: int, words: str
) -> None:
    """S142: the storage's 403 is told, and starting again begins a new upload.

    The portal thinks that the link lives; the page counts for itself, and knows better in one of the cases.
    """
    upload_id = "11111111-1111-4111-8111-111111111111"
    url = running.api.run("expired_link", origin=wire.origin, upload_id=upload_id)
    address = running.make_upload(archive, 57, ROWS)
    page.goto(address)
    page.set_input_files("#same-file", archive)
    page.route("**/start/", lambda route: _counting(route, seconds), times=1)
    given = {"upload_id": address.split("/")[-2], "url": url, "remote_upload_id": upload_id, "seconds": 900}
    running.portal.run("give_link", **given)
    page.get_by_role("button", name=START).click()
    shown(page, words)
    page.get_by_role("button", name="Try again with a new link").locator("visible=true").click()
    expect_created(page, 1)
    assert running.upload_row(address)["upload_id"] != upload_id


def test_closed_tab_after_the_put_is_confirmed_by_the_worker(page: Page, running: World, archive: Path) -> None:
    """The tab dies before it can say that the archive is there: the portal finds out and goes on."""
    page.route("**/stored/", lambda route: route.abort())
    address = running.make_upload(archive, 57, ROWS)
    choose_and_start(page, address, archive)
    shown(page, "but the portal isn’t responding")
    page.close()
    second = signed_in_page(page.context.browser, running)
    second.goto(address)
    expect_created(second, 1, seconds=60)
    second.context.close()


@pytest.mark.full
def test_signed_out_person_is_told_and_comes_back(page: Page, running: World, archive: Path) -> None:
    """The session ended while the page stood open: no riddle, and the same step after signing in."""
    address = running.make_upload(archive, 57, ROWS)
    page.goto(address)
    page.set_input_files("#same-file", archive)
    expect(page.get_by_role("button", name=START)).to_be_visible()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name=START).click()
    shown(page, "This page is out of date")
    page.get_by_role("link", name="Reload").click()
    assert "/sign-in/?next=" in page.url
    assert running.upload_row(address)["stage"] == "chosen"
