"""A list that looks again by itself, in Chromium: what is in use in it stays, and it says what is new."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import samples
from tests.browser.demo import EMAIL, PASSWORD, faults_seen
from tests.browser.signing_in import sign_in, signed_in_context
from tests.live import ExternalApi, Portal, external_api, portal

WORKFLOW = 42
# An answer may be shown again for so long, to whoever looks by itself.
POOLED_MILLISECONDS = 4_700


@dataclass
class World:
    api: ExternalApi
    portal: Portal
    key: str

    def create(self, count: int, workflow_id: int = WORKFLOW) -> list[int]:
        """At the API, as another program would. Newest last."""
        fields = {"input_text": "Hello", "target_language": "French"}
        body = {"tasks": [{"fields": fields}] * count}
        return self.api.server.post(f"/workflows/{workflow_id}/tasks", key=self.key, json=body).json()["task_ids"]

    def address(self, query: str = "", workflow_id: int = WORKFLOW) -> str:
        return f"{self.portal.url}/keys/1/workflows/{workflow_id}/tasks/{query}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with external_api(folder / "api") as api:
        api.load(samples.organization("Acme", samples.workflow(WORKFLOW)))
        key = api.new_key("Acme")
        with portal(folder / "portal", api.url) as running:
            running.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given=key)
            made = World(api, running, key)
            made.create(60)
            yield made


@pytest.fixture
def page(browser: Browser, world: World) -> Page:
    page = signed_in_context(browser, world.portal).new_page()
    page.on("pageerror", lambda error: (_ for _ in ()).throw(AssertionError(str(error))))
    page.goto(world.portal.url)
    page.get_by_role("heading", level=1).wait_for()
    return page


def forget_stored(page: Page) -> int:
    """The list's next look, when what it read before counts no longer. Returns the answer's status."""
    page.wait_for_timeout(POOLED_MILLISECONDS)
    with page.expect_response(lambda response: "seen=" in response.url, timeout=10_000) as answered:
        page.evaluate("htmx.trigger('#task-page', 'look')")
    page.wait_for_timeout(200)
    return answered.value.status


def look_finds_nothing_new(page: Page) -> bool:
    """Whether a look changes nothing. One may: midnight renames days, and the worker's count brings a new sidebar."""
    return any(forget_stored(page) == 204 for _ in range(3))


def first_id(page: Page) -> int:
    return int(page.locator("tbody .id a").first.inner_text())


def test_focus_scroll_and_what_was_chosen_stay(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 1000, "height": 500})
    page.goto(world.address())
    newest = first_id(page)
    row = page.locator(f"#t{newest - 9}")
    row.focus()
    page.evaluate("scrollTo(0, 300)")
    world.api.run("set_status", task_ids=[newest - 9], status="failed")
    forget_stored(page)
    expect(page.locator("tr", has=row)).to_contain_text("Failed")
    expect(row).to_be_focused()
    assert page.evaluate("scrollY") == 300
    search = page.get_by_label("Filter or search tasks")  # a search box, and a combobox while it has the focus
    search.fill("late par")
    page.keyboard.press("Shift+Tab")
    page.locator("input[name=task]").nth(2).check()
    page.locator("#view-menu summary").click()
    world.api.run("set_status", task_ids=[newest - 9], status="paused")
    forget_stored(page)
    expect(page.locator("tr", has=row)).to_contain_text("Paused")
    expect(search).to_have_value("late par")
    expect(page.locator("#view-menu")).to_have_attribute("open", "")
    expect(page.locator("input[name=task]:checked")).to_have_count(1)


def test_tasks_are_selected_by_keyboard(page: Page, world: World) -> None:
    page.goto(world.address())
    expect(page.locator(".selbar")).to_be_hidden()
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    expect(page.locator(".selbar")).to_contain_text("3 selected")
    assert faults_seen(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".selbar")).to_be_hidden()
    page.keyboard.press("x")
    page.locator("#mute-menu summary").click()
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("asked Ana")  # no shortcuts
    expect(page.get_by_label("Note")).to_have_value("asked Ana")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mark as mistake").click()
    expect(page.locator(".toast")).to_contain_text("marked as a mistake")
    expect(page.locator("tr.mistake")).to_have_count(1)
    expect(page.locator("tr.mistake a")).to_be_focused()


def test_keys_act_on_the_row_and_undo_takes_it_back(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 1000, "height": 500})
    page.goto(world.address())
    for key in ("m", "e", "!"):
        page.keyboard.press(key)  # nothing is selected, and no row has the focus
    expect(page).to_have_url(re.compile(r"/tasks/$"))
    for key in [*"jjjjjj", "!"]:
        page.keyboard.press(key)
    expect(page.locator(".toast")).to_contain_text("marked as a mistake")
    marked = page.locator("tr.mistake").count()
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone for task")
    expect(page.locator("tr.mistake")).to_have_count(marked - 1)
    page.keyboard.press("x")
    page.keyboard.press("m")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 900)")
    assert page.locator(".selbar").evaluate("each => each.getBoundingClientRect().top") == 0
    assert page.locator(".selbar").evaluate("each => each.getBoundingClientRect().height") <= 36


def test_enter_in_the_note_mutes(page: Page, world: World) -> None:
    page.goto(world.address())
    newest = first_id(page)
    world.api.run("set_status", task_ids=[newest], status="failed")
    page.goto(world.address("?status=failed"))
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.type("waiting for Ana")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(f"Task {newest} muted")
    expect(page.locator("body")).to_contain_text("Muted: waiting for Ana")


def test_conditions_are_offered_and_taken_by_keyboard(page: Page, world: World) -> None:
    page.goto(world.address())
    box = page.get_by_label("Filter or search tasks")
    box.click()
    with page.expect_response(lambda response: "/suggestions/" in response.url):
        box.press_sequentially("target", delay=50)
    expect(page.get_by_role("option")).to_have_count(1)
    assert faults_seen(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="French")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox")).to_have_count(0)
    assert re.fullmatch(r"\S+:French |\"[^\"]+\":French ", box.input_value())
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("where=.+French"))
    expect(page.locator(".qchip")).to_contain_text("French")


def test_a_view_is_chosen_by_keys(page: Page, world: World) -> None:
    page.goto(world.address("views/add/?query=sent%3Dme"))
    page.get_by_label("Name").fill("What I sent")
    page.keyboard.press("Enter")
    expect(page.locator("#status-menu > summary")).to_contain_text("What I sent")
    page.goto(world.address("?status=failed"))
    page.keyboard.press("v")
    expect(page.get_by_role("link", name="Manage views…")).to_be_visible()
    assert faults_seen(page) == []
    page.keyboard.press("1")
    expect(page).to_have_url(re.compile(r"view=\d+&sent=me$"))


@pytest.mark.full
def test_nothing_is_swapped_under_a_selection(page: Page, world: World) -> None:
    page.goto(world.address())
    newest = first_id(page)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('tbody tr:nth-child(3) td'))")
    selected = page.evaluate("getSelection().toString()")
    world.api.run("set_status", task_ids=[newest], status="escalated")
    assert forget_stored(page) == 200
    assert page.evaluate("getSelection().toString()") == selected
    expect(page.locator("tbody tr").first).not_to_contain_text("Escalated")
    page.evaluate("getSelection().removeAllRanges()")
    forget_stored(page)
    expect(page.locator("tbody tr").first).to_contain_text("Escalated")


def test_new_tasks_are_announced_and_come_when_asked_for(page: Page, world: World) -> None:
    page.goto(world.address())
    newest = first_id(page)
    world.create(3)
    forget_stored(page)
    told = page.locator("#announce")
    expect(told).to_have_role("status")
    expect(told).to_have_text("3 new tasks", use_inner_text=True)
    assert first_id(page) == newest
    world.create(1)
    forget_stored(page)
    told.get_by_role("link", name="4 new tasks").click()
    expect(page.locator("tbody .id a").first).to_have_text(str(newest + 4))
    expect(page.locator("tbody .id a").first).to_be_focused()
    expect(told.get_by_role("link")).to_have_count(0)
    assert look_finds_nothing_new(page)


@pytest.mark.full
def test_a_batch_that_fills_the_page_moves_no_row(page: Page, world: World) -> None:
    """The rows on show stay, with what was chosen and where one is; and are no longer called live."""
    page.goto(world.address("?limit=25"))
    newest = first_id(page)
    page.locator("tbody a.rowlink").nth(3).focus()
    world.create(30)
    forget_stored(page)
    told, live = page.locator("#announce"), page.locator("#live")
    expect(told.get_by_role("link", name="25+ new tasks")).to_be_visible()
    expect(live.get_by_text("Not showing the latest")).to_be_visible()
    expect(page.locator("tbody a.rowlink").nth(3)).to_be_focused()
    assert first_id(page) == newest and page.locator("tbody tr").count() == 25
    forget_stored(page)
    expect(live.get_by_text("Not showing the latest")).to_be_visible()
    assert faults_seen(page) == []
    told.get_by_role("link").click()
    expect(page.locator("tbody .id a").first).to_have_text(str(newest + 30))
    expect(live.get_by_text("Live", exact=True)).to_be_visible()
    assert look_finds_nothing_new(page)


@pytest.mark.full
def test_a_hidden_tab_asks_for_nothing_and_looks_when_it_is_seen(page: Page, world: World) -> None:
    page.goto(world.address())
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false })")
    page.evaluate("window.isHidden = true")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(6_000)
    assert asked == []
    with page.expect_request(lambda request: "seen=" in request.url, timeout=2_000):
        page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.full
def test_it_says_since_when_it_is_not_live(page: Page, world: World) -> None:
    page.goto(world.address())
    live = page.locator("#live .live")
    page.context.set_offline(True)
    page.evaluate("htmx.trigger('#task-page', 'look')")
    expect(live).to_contain_text(re.compile(r"Updates stopped at \d\d:\d\d"))
    expect(live.get_by_role("link", name="Refresh")).to_be_visible()
    page.context.set_offline(False)
    assert look_finds_nothing_new(page)
    expect(live.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.locator("#page-notice")).to_be_empty()


@pytest.mark.parametrize("end", ["signed out", "taken away"])
@pytest.mark.full
def test_who_may_no_longer_see_it_asks_no_more(page: Page, world: World, end: str) -> None:
    """Signed out in another tab, or the workflow is theirs no longer: the rows stay, and say that they are not live."""
    page.goto(world.address())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "seen=" in request.url else None)
    if end == "signed out":
        page.context.clear_cookies()
    else:
        other = world.address("?seen=").replace("/42/", "/999/")
        page.route("**/tasks/?*seen=*", lambda route: route.continue_(url=other))
    with page.expect_response(lambda response: "seen=" in response.url) as answered:
        page.evaluate("htmx.trigger('#task-page', 'look')")
    assert answered.value.status == (401 if end == "signed out" else 404)
    expect(page.locator("#live").get_by_text("Updates stopped at")).to_be_visible()
    asked.clear()
    for _ in range(3):
        page.evaluate("htmx.trigger('#task-page', 'look')")
    page.wait_for_timeout(7000)
    assert not asked and page.locator("tbody tr").count() > 1


def test_without_scripts_it_says_when_it_was_read(browser: Browser, world: World) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, EMAIL, PASSWORD, at=world.portal.url)
    page.goto(world.address())
    expect(page.get_by_text("Live", exact=True)).to_be_hidden()
    expect(page.locator("#live").get_by_role("link", name="Refresh").last).to_be_visible()


@pytest.mark.full
def test_in_forced_colours_bars_and_where_one_is_still_show(page: Page, world: World) -> None:
    page.emulate_media(forced_colors="active", color_scheme="dark")
    (newest,) = world.create(1)
    page.goto(world.address("?status=pending"))
    colours = """selector => {
      const style = getComputedStyle(document.querySelector(selector));
      return [style.backgroundColor, style.backgroundImage];
    }"""
    row = f"tr:has(#t{newest})"
    assert page.evaluate(colours, f"{row} .bar i.p")[1] != "none"
    for current, other in [
        (".tabs a[aria-current]", ".tabs a:not([aria-current])"),
        (".rail .nav a[aria-current=page]", ".rail .nav a:not([aria-current])"),
    ]:
        assert page.evaluate(colours, current) != page.evaluate(colours, other)


@pytest.mark.full
def test_on_paper_there_is_the_list_alone(page: Page, world: World) -> None:
    page.goto(world.address("?status=pending"))
    page.emulate_media(media="print")
    for gone in (".rail", ".tabs", ".pagehead .actions", "#status-menu", ".foot nav"):
        expect(page.locator(gone)).to_be_hidden()
    for stays in (".qchip", "tbody tr >> nth=0", "h1"):
        expect(page.locator(stays)).to_be_visible()


@pytest.mark.full
def test_a_click_in_a_row_opens_it_and_a_drag_does_not(page: Page, world: World) -> None:
    page.goto(world.address())
    newest, older = page.locator("tbody .id a").all_inner_texts()[:2]
    text = page.locator(f"tr:has(#t{newest}) .status")
    box = text.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()").strip()
    page.mouse.click(5, 5)
    page.locator(f"tr:has(#t{newest}) .status").click(modifiers=["Shift"])
    page.evaluate("getSelection().removeAllRanges()")
    page.wait_for_timeout(300)
    assert page.url == world.address()
    page.locator(f"tr:has(#t{newest}) td").nth(3).click()
    expect(page.locator(".pagehead").get_by_text(str(newest))).to_be_visible()
    page.get_by_role("link", name="Older task").click()
    expect(page.locator(".pagehead").get_by_text(str(older))).to_be_visible()
    page.locator(".pagehead .crumb").click()
    expect(page.locator(f"#t{older}")).to_be_in_viewport()


def test_by_touch_the_whole_row_is_the_link(browser: Browser, page: Page, world: World) -> None:
    touch = browser.new_context(storage_state=page.context.storage_state(), has_touch=True, is_mobile=True).new_page()
    touch.set_viewport_size({"width": 390, "height": 800})
    touch.goto(world.address())
    newest = int(touch.locator("tbody .id a").first.inner_text())
    touch.locator(f"tr:has(#t{newest}) td.at").tap(force=True)
    expect(touch.locator(".pagehead").get_by_text(str(newest))).to_be_visible()


def test_the_keyboard_walks_the_list(page: Page, world: World) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=world.portal.url)
    page.goto(world.address())
    newest = first_id(page)
    page.keyboard.press("j")
    expect(page.locator(f"#t{newest}")).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator("#toasts")).to_contain_text(f"Copied {newest}")
    assert page.evaluate("navigator.clipboard.readText()") == str(newest)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    second = page.evaluate("document.activeElement.textContent.trim()")
    page.keyboard.press("Enter")
    expect(page.locator(".pagehead").get_by_text(str(second))).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator(".pagehead").get_by_text(str(newest))).to_be_visible()
    page.wait_for_load_state()  # its keys work from then on
    page.keyboard.press("u")
    expect(page.locator(f"#t{newest}")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_label(re.compile("^Text to translate"))).to_be_focused()
    page.keyboard.type("gh?njk")
    expect(page.get_by_label(re.compile("^Text to translate"))).to_have_value("gh?njk")


def test_keys_lead_to_places_and_say_what_they_do(page: Page, world: World) -> None:
    page.goto(world.address())
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_contain_text("Next / previous task")
    assert faults_seen(page) == []
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert page.url == world.address()
    page.keyboard.press("/")
    expect(page.locator("#palette input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    for key, path in {"s": "/submissions/", "k": "/keys/", "t": "/tasks/", "h": f"{world.portal.url}/"}.items():
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(re.compile(rf"{re.escape(path)}(\?.*)?$"))
        page.wait_for_load_state()
    page.goto(world.address())
    page.keyboard.press("Control+g")
    page.keyboard.press("h")
    page.goto(f"{world.portal.url}/account/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(sheet).to_be_visible()


@pytest.mark.full
def test_single_keys_can_be_off(page: Page, world: World) -> None:
    page.goto(f"{world.portal.url}/account/")
    page.get_by_role("radiogroup", name="Single-key shortcuts").get_by_label("Off").check()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.goto(world.address())
    page.keyboard.press("n")
    page.keyboard.press("?")
    page.wait_for_timeout(500)
    assert page.url == world.address()
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    page.goto(f"{world.portal.url}/account/")
    page.get_by_role("radiogroup", name="Single-key shortcuts").get_by_label("On").check()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def send_by_form(world: World, text: str) -> None:
    """As people do, and without a browser."""
    session = world.portal.sign_in(EMAIL, PASSWORD)
    address = world.address("new/")
    page = session.get(address).text
    token, csrf = (re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("token", "csrfmiddlewaretoken"))
    form = {"token": token, "csrfmiddlewaretoken": csrf, "field-input_text": text, "field-target_language": "French"}
    answered = session.post(address, data=form, headers={"Referer": address}, timeout=20)
    assert " created" in answered.text


@pytest.mark.full
def test_in_the_ledger_too_open_parts_stay_and_new_ones_wait(page: Page, world: World) -> None:
    for text in ("First of a fold", "Second of a fold"):
        send_by_form(world, text)
    page.goto(f"{world.portal.url}/submissions/")
    fold = page.locator("#submission-page details").first
    fold.locator("summary").click()
    expect(fold).to_have_attribute("open", "")
    send_by_form(world, "A third one")
    with page.expect_response(lambda response: "seen=" in response.url and response.status == 200, timeout=20_000):
        page.evaluate("htmx.trigger('#submission-page', 'look')")
    expect(page.locator("#announce")).to_have_text("1 new", use_inner_text=True)
    expect(fold).to_have_attribute("open", "")
    page.wait_for_timeout(200)  # until htmx has taken up the new link, it loads the whole page
    page.keyboard.press("r")
    expect(page.locator("#announce").get_by_role("link")).to_have_count(0)
    expect(page.locator("#submission-page")).to_contain_text(re.compile(r"3\s+tasks"))
    expect(fold).to_have_attribute("open", "")


def test_after_a_task_left_the_list_the_next_one_has_the_focus(page: Page, world: World) -> None:
    muted, following = reversed(world.create(2))
    world.api.run("set_status", task_ids=[muted, following], status="failed")
    page.goto(world.address("?status=attention"))
    page.locator(f"#t{muted}").focus()
    page.keyboard.press("x")
    page.locator("#mute-menu summary").click()
    page.get_by_label("Note").fill("asked Ana")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("muted")
    expect(page.locator(f"#t{following}")).to_be_focused()


def test_space_presses_a_link_that_looks_like_a_button(page: Page, world: World) -> None:
    page.goto(world.address())
    page.get_by_role("link", name="New task").press("Space")
    expect(page).to_have_url(world.address("new/"))
    text = page.get_by_role("textbox", name="Text to translate")
    text.fill("")  # a draft of another test may be in it
    text.press("Space")
    expect(text).to_have_value(" ")
