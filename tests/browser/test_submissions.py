"""The ledger's pages in Chromium, in every state a submission can be in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .demo import accessibility_faults, needed_width
from .wizard import World, signed_in_page, world

STATUSES = ("sending", "created", "partly_created", "rejected", "unconfirmed", "draft", "unattributed")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world"), workers=False) as running:
        yield running


@pytest.fixture(scope="module")
def ids(running: World) -> dict[str, str]:
    return running.portal.run("make_every_state", workflow_id=57)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, ids: dict[str, str], scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    faults = {}
    for state in STATUSES:
        page.goto(f"/submissions/{ids[state]}/")
        page.locator("summary", has_text="xxx").first.click()
        faults[state] = accessibility_faults(page)
    page.goto("/submissions/")
    faults["list"] = accessibility_faults(page)
    assert not any(faults.values()), faults


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.full
def test_nothing_scrolls_sideways(page: Page, running: World, ids: dict[str, str], width: int) -> None:
    """Nor where the name of a ZIP file is one long word."""
    name = f"{'y' * 200}.zip"
    running.portal.run("make_upload", workflow_id=57, rows=[], file_name=name, size_bytes=1, task_count=1)
    page.set_viewport_size({"width": width, "height": 740})
    widths = {}
    for path in ("", *(f"{ids[state]}/" for state in STATUSES)):
        page.goto(f"/submissions/{path}")
        for summary in page.locator("tbody summary").all():
            summary.click()
        widths[path] = needed_width(page)
    assert max(widths.values()) <= width, widths


@pytest.mark.full
def test_what_appeared_is_looked_up_by_itself(page: Page, ids: dict[str, str]) -> None:
    """Nothing appeared: then there is nothing to call mine, and the other way is open with what it may do."""
    page.goto(f"/submissions/{ids['unconfirmed']}/")
    expect(page.get_by_text("No new task")).to_be_visible()
    expect(page.get_by_role("button", name="are mine")).to_have_count(0)
    expect(page.get_by_role("button", name="Nothing was created: edit and resend")).to_be_hidden()
    page.get_by_text("Nothing was created…").click()
    expect(page.get_by_text("creates duplicates")).to_be_visible()


def test_page_follows_a_sending_to_its_end(page: Page, running: World, ids: dict[str, str]) -> None:
    page.goto(f"/submissions/{ids['sending']}/")
    expect(page.get_by_text("Waiting for Pipelines")).to_be_visible()
    running.portal.run("finish", submission_id=ids["sending"])
    expect(page.get_by_text("3 tasks created")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("link", name="9", exact=True)).to_be_visible()


@pytest.mark.full
def test_filter_changes_rows_and_address(page: Page, ids: dict[str, str]) -> None:
    page.goto(f"/submissions/{ids['partly_created']}/")
    page.get_by_role("link", name="Rejected").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("?only=rejected")
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(3)


def test_works_without_javascript(browser: Browser, running: World, ids: dict[str, str]) -> None:
    page = signed_in_page(browser, running, java_script_enabled=False)
    page.goto(f"/submissions/{ids['unconfirmed']}/")
    page.get_by_role("link", name="Look for new tasks").click()
    expect(page.get_by_text("No new task")).to_be_visible()
    page.goto(f"/submissions/{ids['rejected']}/")
    again = page.get_by_role("link", name="Fix and resend")
    expect(again).to_have_attribute("href", f"/keys/1/workflows/57/tasks/new/?again={ids['rejected']}")
    page.context.close()
