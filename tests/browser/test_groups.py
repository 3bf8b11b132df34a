"""Groups of failures in Chromium: by single keys, with Enter in the note of a mute, and by axe."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import samples
from tests.browser.demo import faults_seen
from tests.browser.signing_in import signed_in_context
from tests.live import Portal, external_api, portal

INSIDE = "tests.attention.inside_portal"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("groups")
    with external_api(folder / "api") as api:
        api.load(samples.organization("Acme", samples.workflow(42)))
        key = api.new_key("Acme")
        with portal(folder / "portal", api.url) as started:
            started.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given=key)
            yield started


@pytest.fixture
def groups(running: Portal) -> list[int]:
    return running.run("fail_tasks", of=INSIDE)


@pytest.fixture
def page(browser: Browser, running: Portal, groups: list[int]) -> Page:
    page = signed_in_context(browser, running).new_page()
    page.on("pageerror", lambda error: (_ for _ in ()).throw(AssertionError(str(error))))
    page.goto(f"{running.url}/attention/")
    return page


def stored(running: Portal) -> Any:
    """Return state, owner, note and note of the mute of the two groups."""
    return running.run("read_groups", of=INSIDE)


def test_keys_act_on_the_row_with_the_focus(page: Page, running: Portal) -> None:
    """And on none without one."""
    for key in "ea":
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert [group[0] for group in stored(running)] == ["open", "open"] and not stored(running)[0][1]
    for key in "jjkj":
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Escalated at step 3 of 5")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_text("looks after this group")).to_be_visible()
    assert [bool(group[1]) for group in stored(running)] == [False, True]
    expect(page.get_by_role("link", name="Escalated at step 3 of 5")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("e")
    expect(page.get_by_text("Group done.")).to_be_visible()
    assert page.url == f"{running.url}/attention/"
    assert [group[0] for group in stored(running)] == ["done", "open"]


def test_enter_opens_and_n_writes_a_note(page: Page, running: Portal, groups: list[int]) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{running.url}/attention/{groups[0]}/")
    page.keyboard.press("u")
    page.wait_for_url(f"{running.url}/attention/")
    page.keyboard.press("j")
    page.keyboard.press("n")
    field = page.get_by_label("Add a note")
    expect(field).to_be_focused()
    page.keyboard.type("Asked Ana")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Note added")).to_be_visible()
    assert stored(running)[0][2] == "Asked Ana"


@pytest.mark.parametrize("is_on_page", [True, False])
def test_m_opens_the_mute_and_enter_mutes(page: Page, running: Portal, groups: list[int], is_on_page: bool) -> None:
    if is_on_page:
        page.goto(f"{running.url}/attention/{groups[0]}/")
    else:
        page.keyboard.press("j")
    page.keyboard.press("m")
    note = page.get_by_label("Note", exact=True)
    expect(note).to_be_visible()
    if is_on_page:
        note.focus()
    expect(note).to_be_focused()
    page.keyboard.type("Vendor knows")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Group muted.")).to_be_visible()
    assert [group[0] for group in stored(running)] == ["muted", "open"] and stored(running)[0][3] == "Vendor knows"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(page: Page, running: Portal, groups: list[int], scheme: Any, width: int) -> None:
    """Also with the menus open."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", "/attention/", "/attention/?show=muted", f"/attention/{groups[0]}/"):
        page.goto(running.url + address)
        page.get_by_role("heading", level=1).wait_for()
        assert faults_seen(page) == [], address
    page.locator("#mute-menu summary").click()
    assert faults_seen(page) == []
