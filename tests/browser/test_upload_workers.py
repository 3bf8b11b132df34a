"""Workers that die: what they had begun is picked up, and nothing is made twice."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import databases, starting
from tests.archives import files
from tests.live import api_worker, hanging, portal_worker, wait_until

from .big_archives import sparse_archive
from .wizard import World, choose_and_start, expect_created, signed_in_page, world

pytestmark = pytest.mark.full


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "world", workers=False) as running:
        yield running


@pytest.fixture
def page(browser: Browser, running: World) -> Iterator[Page]:
    page = signed_in_page(browser, running)
    yield page
    page.context.close()


def kill(process: starting.Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def test_api_worker_killed_in_the_middle(page: Page, running: World, tmp_path: Path) -> None:
    """S86, S87, S162 to S166: a 503 is waited out; a worker killed at work delays, and doubles nothing."""
    archive = sparse_archive(tmp_path / "big.zip", "a.bin", "b.bin", mebibytes=512)
    choose_and_start(page, running.make_upload(archive, 57, [{"invoice": "a.bin"}, {"invoice": "b.bin"}]), archive)
    page.wait_for_url("**/confirm/", timeout=60_000)
    expect(page.get_by_text("Pipelines hasn’t accepted the files yet")).to_be_visible()
    database = running.api.env["EXTERNAL_API_DATABASE_URL"]
    with api_worker(running.api) as first:
        busy = "SELECT 1 FROM external_api_upload WHERE status = 'processing' AND leased_until IS NOT NULL"
        wait_until(lambda: databases.ask(database, busy), "the worker to begin", 60)
        kill(first)
    with api_worker(running.api):
        expect_created(page, 2, seconds=120)
    assert databases.ask(database, "SELECT count(*) FROM external_api_task") == [(2,)]


def test_portal_worker_killed_while_it_held_an_upload(page: Page, running: World, tmp_path: Path) -> None:
    """The job's task stays "running" for ever; the sweep of the next worker sees to the upload all the same."""
    archive = tmp_path / "small.zip"
    archive.write_bytes(files("a.png"))
    page.route("**/stored/", lambda route: route.abort())
    address = running.make_upload(archive, 57, [{"invoice": "a.png"}])
    choose_and_start(page, address, archive)
    expect(page.locator("strong", has_text="but the portal isn’t responding")).to_be_visible()
    page.close()
    database = running.portal.env["DATABASE_URL"]
    with hanging(running.api), portal_worker(running.portal) as first:
        held = "SELECT 1 FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING'"
        wait_until(lambda: databases.ask(database, held), "the job to begin", 60)
        kill(first)
    with api_worker(running.api), portal_worker(running.portal):
        wait_until(lambda: running.upload_row(address)["stage"] == "completed", "the upload to end", 120)
    assert running.upload_row(address)["created"] == 1
    assert databases.ask(running.api.env["EXTERNAL_API_DATABASE_URL"], "SELECT count(*) FROM external_api_task") == [
        (1,)
    ]
