"""Every page in Chromium: axe finds nothing, nothing scrolls sideways, the console stays silent."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import Chromium
from tests.browser.demo import Demo, accessibility_faults, demo, needed_width, signed_in

PAGES = {
    "home": "/",
    "groups": "/attention/",
    "muted groups": "/attention/?show=muted",
    "keys": "/keys/",
    "a key": "/keys/1/",
    "remove a key": "/keys/1/remove/",
    "workflows": "/keys/1/workflows/",
    "tasks": "/keys/1/workflows/43/tasks/",
    "tasks of many nodes": "/keys/1/workflows/44/tasks/",
    "no tasks of a status": "/keys/1/workflows/88/tasks/?status=failed",
    "new task": "/keys/1/workflows/43/tasks/new/",
    "new task of a draft": "/keys/1/workflows/88/tasks/new/",
    "fields": "/keys/1/workflows/43/fields/",
    "overview": "/keys/1/workflows/43/overview/",
    "remove a workflow": "/keys/1/workflows/43/forget/",
    "keyboard shortcuts": "/shortcuts/",
    "upload": "/keys/1/workflows/57/upload/",
    "search": "/search/?q=the",
    "columns of the grid": "/keys/1/workflows/43/sheets/columns/",
    "columns of the list": "/keys/1/workflows/43/tasks/columns/",
    "views": "/keys/1/workflows/43/tasks/views/",
    "save a view": "/keys/1/workflows/43/tasks/views/add/?query=status%3Dfailed",
    "a list by values": "/keys/1/workflows/43/tasks/?where=channel%3Aemail&where=not%3Astatus%3Afailed",
    "a list with a wrong condition": "/keys/1/workflows/43/tasks/?where=colour%3Ared",
    "submissions": "/submissions/",
    "submissions with a wrong condition": "/submissions/?q=colour%3Ared",
    "everyone's submissions": "/submissions/?who=team",
    "notifications": "/notifications/",
    "password": "/password/",
    "people": "/people/",
    "people of a name": "/people/?q=ben",
    "a person": "/people/2/",
    "deactivate": "/people/1/deactivate/",
    "link for a new password": "/people/2/reset-link/",
    "reset two-step verification": "/people/2/second-step/",
    "teams": "/people/teams/",
    "a team": "/people/teams/1/?add=e",
    "remove a team": "/people/teams/1/remove/",
    "invite": "/people/invite/",
    "audit log": "/people/events/?verb=people",
    "system": "/system/",
    "external api": "/system/external-api/",
    "recovery file": "/system/recovery-file/",
    "an expired link": "/invitation/nonsense/",
    "a finished setup": "/setup/",
    "account": "/account/",
    "name": "/account/name/",
    "notification settings": "/account/notifications/",
    "confirm": "/account/confirm/?next=/account/",
    "set up two-step verification": "/account/second-step/",
    "authenticator app": "/account/authenticator/",
    "passkey": "/account/passkey/",
    "recovery codes": "/account/recovery-codes/",
    "forgotten password": "/password/forgotten/",
    "not found": "/keys/1/workflows/4711/tasks/",
    "unknown task": "/keys/1/workflows/43/tasks/99999999/",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest.fixture(scope="module")
def wide(chromium: Chromium, running: Demo) -> Iterator[Page]:
    page = signed_in(chromium.browser(), running, viewport={"width": 1280, "height": 800})
    yield page
    page.context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.full)])
def test_axe_finds_nothing(wide: Page, running: Demo, path: str, scheme: str) -> None:
    wide.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    wide.goto(running.url + path)
    assert accessibility_faults(wide) == []


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize("width", [pytest.param(320, marks=pytest.mark.full), 360])
def test_nothing_scrolls_sideways(wide: Page, running: Demo, path: str, width: int) -> None:
    wide.set_viewport_size({"width": width, "height": 740})
    wide.goto(running.url + path)
    assert needed_width(wide) <= width
    wide.set_viewport_size({"width": 1280, "height": 800})


def test_a_phone_shows_all_tabs_of_a_workflow(wide: Page, running: Demo) -> None:
    wide.set_viewport_size({"width": 360, "height": 740})
    for tail in ("tasks/new/", "import/", "fields/"):
        wide.goto(running.workflow(43, tail))
        last = wide.locator(".tabs a").last.bounding_box()
        assert last and last["x"] + last["width"] <= 360
    wide.set_viewport_size({"width": 1280, "height": 800})


def test_the_narrow_rail_folds_and_holds_every_link(wide: Page, running: Demo) -> None:
    wide.set_viewport_size({"width": 360, "height": 740})
    wide.goto(running.url + "/keys/1/workflows/43/tasks/")
    assert not wide.get_by_role("link", name="Sent", exact=True).is_visible()
    wide.get_by_text("Menu", exact=True).click()
    for name in ("Sent", "API keys", "Add workflow"):
        assert wide.get_by_role("link", name=name, exact=True).is_visible()
    assert accessibility_faults(wide) == []
    wide.set_viewport_size({"width": 1280, "height": 800})


def test_no_page_breaks_its_own_policy(browser: Browser, running: Demo) -> None:
    """A strict CSP: whatever it blocks shows up in the console."""
    page = signed_in(browser, running)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for path in PAGES.values():
        page.goto(running.url + path)
    assert not [text for text in said if not re.search(r"status of 4(04|10|22)", text)]


def test_the_sign_in_page(browser: Browser, running: Demo) -> None:
    page = browser.new_page()
    page.goto(running.url + "/sign-in/")
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_load_state()
    assert accessibility_faults(page) == []
