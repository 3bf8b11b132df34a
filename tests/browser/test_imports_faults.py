"""What goes wrong while rows are imported: the line, the API, the worker, the session, and others at the same work."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.importing import (
    COLLEAGUE,
    OWNER,
    PASSWORD,
    Office,
    cell,
    check_titled,
    expect_all_rows,
    expect_figures,
    expect_rows,
    expect_silence,
    figures,
    look_at,
    office,
    press,
    rows,
    type_into,
)
from tests.faulty_api import Answer, error, hang_up, pause, real_answer
from tests.live import wait_until

SECONDS = 30_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture(autouse=True)
def good_line(running: Office) -> Iterator[None]:
    """A line without faults, to an API that declares no Idempotency-Key: a lost answer is for a person."""
    running.between.routes["/openapi.json"] = error(404, "not_found", "Not found")
    yield
    running.between.routes.clear()
    running.between.faults.clear()
    running.run("forget_limits")


@pytest.fixture
def workflow_id(running: Office) -> int:
    return next(running.workflows)


@pytest.fixture
def page(browser: Browser, running: Office) -> Iterator[Page]:
    page = running.page(browser, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    said = expect_silence(page)
    yield page
    assert [text for text in said if not re.search("status of 4|Error Code 401|INTERNET|htmx:", text)] == []


@pytest.fixture
def checked(page: Page, running: Office, workflow_id: int, tmp_path: Path) -> int:
    """Twenty good rows on the page that sends them. The number of the workflow."""
    check_titled(page, running, workflow_id, tmp_path / "rows.csv", rows(20))
    return workflow_id


def once(running: Office, answer: Callable[[str], Answer]) -> None:
    """The next request for tasks is answered so."""

    def fault(request: str) -> Answer | None:
        if not request.startswith("POST"):
            return None
        running.between.faults.remove(fault)
        return answer(request)

    running.between.faults.append(fault)


def lost_on_the_way_back(running: Office) -> Callable[[str], Answer]:
    """Everything is done, and the line is cut in the middle of the answer."""

    def answer(request: str) -> Answer:
        whole = real_answer(request, running.between.behind)
        return lambda connection: connection.sendall(whole[: len(whole) - 20])

    return answer


def shown(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.get_by_text(words).first).to_be_visible(timeout=SECONDS)


def test_an_answer_cut_in_the_middle_stops_all_until_somebody_says_what_came(
    page: Page, running: Office, checked: int
) -> None:
    once(running, lost_on_the_way_back(running))
    page.get_by_label("Test with one row first").check()
    press(page, "Create 20 tasks")
    shown(page, "We don’t know if the row of batch 1 was created")
    shown(page, "You sent 1 row, and 1 task appeared")
    expect_rows(page, Unconfirmed=1, Ready=19)
    expect_all_rows(page, 20)
    expect(page).to_have_title(re.compile("^Unconfirmed: rows.csv"))
    page.get_by_role("link", name="Check again").click()
    look_at(page)
    posts = running.posts()
    press(page, "Confirm this task")
    expect_rows(page, Created=1, Unconfirmed=0, Ready=19)
    look_at(page)
    assert running.posts() == posts
    press(page, "Resume (19 rows)")
    shown(page, "20 tasks created")
    assert len(running.task_ids(checked)) == 20


@pytest.mark.full
def test_a_request_that_never_arrived_is_sent_again_when_somebody_says_so(
    page: Page, running: Office, checked: int
) -> None:
    once(running, lambda _: hang_up)
    press(page, "Create 20 tasks")
    shown(page, "No new task yet.")
    page.get_by_text("Nothing was created…").click()
    press(page, "Nothing was created: allow resending")
    expect_rows(page, Ready=20, Unconfirmed=0)
    press(page, "Resume (20 rows)")
    shown(page, "20 tasks created")
    assert len(running.task_ids(checked)) == 20


def test_a_killed_worker_leaves_its_request_unknown_and_the_next_sends_the_rest(
    page: Page, running: Office, checked: int
) -> None:
    once(running, held(running, seconds=20))
    page.get_by_label("Test with one row first").check()
    press(page, "Create 20 tasks")
    wait_until(lambda: running.between.faults == [], "the request to be on the wire")
    running.restart_worker()
    running.run("end_turns")
    shown(page, "batch 1 w")
    press(page, "Confirm this task")
    press(page, "Resume (19 rows)")
    shown(page, "20 tasks created")
    assert len(running.task_ids(checked)) == 20


def held(running: Office, seconds: float) -> Callable[[str], Answer]:
    """Everything is done at once, and the answer comes late."""

    def answer(request: str) -> Answer:
        whole = real_answer(request, running.between.behind)
        return lambda connection: (pause(seconds), connection.sendall(whole))[1]

    return answer


def test_two_windows_that_send_at_once_send_once(page: Page, running: Office, checked: int) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    for each in (page, other):
        each.get_by_role("button", name="Create 20 tasks").click(no_wait_after=True)
    for each in (page, other):
        shown(each, "20 tasks created")
    assert len(running.task_ids(checked)) == 20


@pytest.mark.full
def test_two_who_fix_the_same_cell_see_each_other(
    browser: Browser, page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    """The first text stays. The second person reads that theirs was not saved, and what they typed."""
    check_titled(page, running, workflow_id, tmp_path / "rows.csv", rows(3, {2: {3: "many"}, 3: {3: "few"}}))
    other = running.page(browser, COLLEAGUE)
    other.goto(page.url)
    type_into(page, "Word count", 2, "11")
    type_into(other, "Word count", 2, "22")
    shown(other, "Word count of row 2: maria@acme.example changed it to “11”. Your “22” isn’t saved.")
    expect(cell(other, "Word count", 2)).to_have_text("11")
    look_at(other)
    type_into(other, "Word count", 2, "23")
    page.reload()
    expect(cell(page, "Word count", 2)).to_have_text("23")


@pytest.mark.full
def test_a_paste_survives_a_session_that_ended(page: Page, running: Office, workflow_id: int) -> None:
    page.goto(running.address(workflow_id))
    page.locator("summary", has_text="Paste rows").click()
    page.get_by_label("Paste from Excel or Sheets").fill("Text to translate\tTarget language\nAn hour of work\tFrench")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    press(page, "Continue")
    shown(page, "Your session expired. Sign in to continue")
    page.get_by_label("Email").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    press(page, "Continue")
    expect(page.get_by_label("Paste from Excel or Sheets")).to_have_value(re.compile("An hour of work\tFrench"))
    press(page, "Continue")
    expect_figures(page, Ready=1)


def test_what_is_typed_into_a_cell_stays_when_the_session_ended(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    check_titled(page, running, workflow_id, tmp_path / "rows.csv", rows(3, {2: {3: "many"}, 3: {3: "few"}}))
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    type_into(page, "Word count", 2, "11")
    shown(page, re.compile("signed out"))
    expect(cell(page, "Word count", 2)).to_have_text("11")


@pytest.mark.full
def test_a_button_pressed_while_a_row_is_saved_sends_nothing_of_the_number_before(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    """What was typed is saved first, and the button names the new number."""
    check_titled(page, running, workflow_id, tmp_path / "rows.csv", rows(3, {2: {3: "many"}}))
    cell(page, "Word count", 2).click()
    page.keyboard.type("11")
    posts = running.posts()
    press(page, "Create 2 tasks")
    expect(page.get_by_role("button", name="Create 3 tasks")).to_be_focused()
    assert (running.posts(), figures(page)["Ready"]) == (posts, 3)
    page.keyboard.press("Enter")
    shown(page, "3 tasks created")
    assert len(running.task_ids(workflow_id)) == 3


@pytest.mark.full
def test_what_is_typed_while_it_is_being_saved_is_saved_too(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    check_titled(page, running, workflow_id, tmp_path / "rows.csv", rows(3, {2: {3: "many"}, 3: {3: "few"}}))
    held: list[Route] = []
    page.route("**/grid/cells/**", lambda route: held.append(route), times=1)
    cell(page, "Word count", 2).click()
    page.keyboard.type("11")
    with page.expect_request("**/grid/cells/**"):
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    with page.expect_response(lambda answer: '"12"' in (answer.request.post_data or "")):
        held[0].continue_()
    expect(page.locator("#row-2")).to_contain_text("Ready")
    page.reload()
    expect(cell(page, "Word count", 2)).to_have_text("12")


@pytest.mark.full
def test_what_could_not_be_saved_is_saved_when_the_portal_answers_again(
    page: Page, running: Office, workflow_id: int, tmp_path: Path
) -> None:
    check_titled(page, running, workflow_id, tmp_path / "rows.csv", rows(3, {2: {3: "many"}, 3: {3: "few"}}))
    page.context.set_offline(True)
    cell(page, "Word count", 2).click()
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    shown(page, "Not saved. Retrying…")
    page.context.set_offline(False)
    expect_figures(page, Ready=2)
