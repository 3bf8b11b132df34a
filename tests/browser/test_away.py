"""Pipelines is away for twenty minutes and for thirteen hours. People type in Chromium, and the worker is killed."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.importing import LANGUAGES, Office, cell, expect_figures, look_at, office
from tests.browser.test_grid import open_grid
from tests.live import wait_until

DEAD = "http://127.0.0.1:9"
SECONDS = 30_000
WAITS = re.compile("3 rows wait for Pipelines since")
LOOK_FIRST = "Pipelines didn’t respond for 12 hours. Check the rows before you send them."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office"), workflows=2) as running:
        yield running


@pytest.fixture
def page(browser: Browser, running: Office) -> Iterator[Page]:
    target = running.wire.target
    yield running.page(browser, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    running.wire.target = target


def form_url(running: Office, workflow_id: int) -> str:
    return f"{running.portal.url}/keys/1/workflows/{workflow_id}/tasks/new/?view=form"


def type_rows(page: Page, *texts: str) -> None:
    """Into the blank row of the grid and the next ones."""
    for text in texts:
        for typed in (text, LANGUAGES[0], "", ""):
            page.keyboard.type(typed)
            page.keyboard.press("Tab")
    expect_figures(page, Ready=len(texts))


def create_by_form(page: Page, running: Office, workflow_id: int, text: str) -> None:
    page.goto(form_url(running, workflow_id))
    page.get_by_role("textbox", name="Text to translate").fill(text)
    page.get_by_role("radio", name=LANGUAGES[1]).check()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The task is created when it is back.")).to_be_visible(timeout=SECONDS)


def type_while_away(page: Page, running: Office) -> int:
    """Type two rows and a form, and create them. The worker is killed and started again. Return the workflow."""
    workflow_id = next(running.workflows)
    page.goto(form_url(running, workflow_id))  # the portal reads the fields
    running.wire.target = DEAD
    running.wire.cut()
    open_grid(page, running, workflow_id)
    type_rows(page, "First", "Second")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("2 rows wait for Pipelines since")).to_be_visible(timeout=SECONDS)
    create_by_form(page, running, workflow_id, "Third")
    running.restart_worker()
    open_grid(page, running, workflow_id)
    expect(page.get_by_text(WAITS)).to_be_visible(timeout=SECONDS)
    cell(page, "Target language", 1).click()
    page.keyboard.press("Alt+Delete")
    expect(page.locator("#grid-said")).to_contain_text("Not deleted. The row waits")
    return workflow_id


def come_back(running: Office, target: str, minutes: int) -> None:
    """Let the time pass in which nothing answered."""
    running.run("let_pass", minutes=minutes)
    running.wire.target = target


def test_after_twenty_minutes_each_row_is_created_once(page: Page, running: Office) -> None:
    target = running.wire.target
    workflow_id = type_while_away(page, running)
    come_back(running, target, minutes=20)
    expect(page.get_by_role("link", name="3 created")).to_be_visible(timeout=SECONDS)
    running.restart_worker()
    expect(page.get_by_text(WAITS)).to_have_count(0)
    assert len(running.task_ids(workflow_id)) == 3
    look_at(page)


def test_after_thirteen_hours_a_person_is_to_look_first(page: Page, running: Office) -> None:
    target = running.wire.target
    workflow_id = type_while_away(page, running)
    come_back(running, target, minutes=13 * 60)
    expect(page.get_by_text(LOOK_FIRST)).to_be_visible(timeout=SECONDS)
    expect_figures(page, Ready=3)
    look_at(page)
    running.restart_worker()
    assert running.task_ids(workflow_id) == []
    page.get_by_role("button", name="Create 3 tasks").click()
    expect(page.get_by_role("link", name="3 created")).to_be_visible(timeout=SECONDS)
    wait_until(lambda: len(running.task_ids(workflow_id)) == 3, "three tasks")
