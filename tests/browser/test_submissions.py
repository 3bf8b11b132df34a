"""The ledger's pages in Chromium, in every state a submission can be in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from .demo import accessibility_faults, needed_width
from .wizard import World, world

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
