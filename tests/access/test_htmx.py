"""Each part of a page that htmx brings is as it is when the page is loaded: of all pages, in a company full of data."""

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from tests.factories import Desk
from tests.fake_api import FakeApi
from tests.htmx_page import HtmxPage, Request, assert_same

from .htmx_posts import POSTS, Key, key_of, left
from .test_page_queries import MEDIUM, addresses_for, make_company

# Enough for a second page of each list.
SMALL = replace(
    MEDIUM, people=12, teams=3, keys=2, workflows=25, submissions=310, batches=1, batch_rows=110, events=60,
    notifications=10, drafts=2, presets=2, exports=1, invitations=2, indexed_tasks=60, open_tasks=20, imports=3,
    import_rows=120, import_requests=2,
)  # fmt: skip
# What is not in the page when it is loaded, by the id of the part, and why.
NOT_IN_THE_PAGE = {
    "found": "suggestions, while one types",
    "keys-list": "shortcuts, as soon as the dialog is opened",
    "external-api": "its state takes a call of the API, so the page comes before it",
}
# Apps none of whose templates have htmx: opening their pages as well takes a third longer.
WITHOUT_HTMX = ("accounts", "guide", "keys", "notifications", "people")
# The search and the shortcuts, which are pressed on the first page alone.
IN_EVERY_PAGE = 2
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
Kind = tuple[str, ...]


@pytest.mark.parametrize("key", POSTS, ids=" ".join)
def test_what_is_posted(key: Key, desk: Desk) -> None:
    case = POSTS[key]
    page = HtmxPage(desk.browser, case.page(desk))
    for step in (*case.first, key):
        buttons = posting(page)
        assert step in buttons, f"{page.address} has no such button: take the case out of POSTS, or show its page"
        target, before = page.target_of(buttons[step])["id"], page.find("main").text
        assert page.press(buttons[step].element, **POSTS[step].typed).status_code == 200
    assert case.shows in page.find("main").text and case.shows not in before, page.find("main").text
    assert left(desk) == case.leaves
    if not case.differs:
        page.assert_as_loaded(f"#{target}")


def posting(page: HtmxPage) -> dict[Key, Request]:
    """Return what the buttons of the page have htmx post: of several that are alike, the first."""
    requests = [page.request_of(node) for node in page.root.walk() if node.tag == "button"]
    found = {key_of(each): each for each in reversed(requests) if each and each.verb != "get"}
    assert found.keys() <= POSTS.keys(), f"add a case to POSTS for {found.keys() - POSTS.keys()}"
    return found


def test_each_form_that_htmx_posts_has_its_case() -> None:
    """Also those that no page here shows, by the address's name."""
    named = set[str]()
    for path in TEMPLATES.rglob("*.html"):
        html = path.read_text()
        for tag in re.findall(r"<(?:form|button)\b[^>]*>", html):
            is_boosted = 'method="post"' in tag and 'hx-boost="true"' in tag
            if is_boosted or re.search(r"hx-(?:post|put|patch|delete)=", tag):
                name = re.search(r"""\{% url ['"]([\w:]+)""", tag)
                name = name or re.search(rf"""\{{% url "([\w:]+)".* as {address_in(tag)} %\}}""", html)
                assert name, f"the address of {tag} in {path} is not found"
                named.add(name[1])
    assert named == {name for name, _ in POSTS}, "add a case to POSTS, or take one out"


def address_in(tag: str) -> str:
    """Return the name of the variable in which the template has the address."""
    return re.findall(r"""(?:action|hx-post)="\{\{ (\w+) \}\}""", tag)[0]


def test_htmx_copies_no_inline_styles(desk: Desk) -> None:
    """From an element to the one that takes its place: the content security policy refuses them."""
    config = HtmxPage(desk.browser, "/").find("meta[name=htmx-config]")["content"]
    assert json.loads(config)["attributesToSettle"] == ["class"]


def test_apps_without_htmx() -> None:
    has_it = {path for app in WITHOUT_HTMX for path in (TEMPLATES / app).rglob("*.html") if "hx-" in path.read_text()}
    assert has_it == set(), "take the app out of WITHOUT_HTMX"


@pytest.mark.full
def test_what_htmx_brings_is_as_it_is_loaded(before_api: FakeApi, org_key: str, db: None) -> None:
    before_api.create()
    person = make_company(SMALL, org_key)
    client, pressed = Client(), set[Kind]()
    client.force_login(person)
    for name, one in addresses_for(person).items():
        if one["signed_in"] and name.split(":")[0] not in WITHOUT_HTMX:
            press_all(client, one["address"], pressed)
    assert len(pressed) > 25, "the pages have such elements"
    assert {part for part in NOT_IN_THE_PAGE if not any(part in kind for kind in pressed)} == set()


def press_all(client: Client, address: str, pressed: set[Kind]) -> None:
    """Press what has `hx-get`, and each link that htmx follows; of those that differ in an id or a value, one."""
    answer = client.get(address, follow=True)
    html = b"".join(answer).decode()
    is_page = answer["Content-Type"].startswith("text/html") and "<body" in html
    if not is_page or (pressed and html.count("hx-get=") <= IN_EVERY_PAGE and "hx-boost=" not in html):
        return
    page = HtmxPage(client, address, answer)
    posting(page)
    for kind in reading(page).keys() - pressed:
        pressed.add(kind)
        found = reading(page)
        if kind not in found:  # an element pressed before led to another address
            page.load(address)
            found = reading(page)
        press(page, kind, found[kind])


def press(page: HtmxPage, kind: Kind, request: Request) -> None:
    element, target, address = request.element, page.target_of(request)["id"], page.address
    before = page.find(f"#{target}").html()
    if "seen=" in request.address:
        assert page.press(element).status_code == 204, kind
        element.attributes["hx-get"] = re.sub(r"seen=\w+", "seen=other", element["hx-get"])
    assert page.press(element).status_code in (200, 286), kind
    if target in NOT_IN_THE_PAGE:
        assert page.find(f"#{target}").html() != before
    elif page.address == address:
        assert_same(page.find(f"#{target}").html(), before, f"{kind} of {address}")
    else:
        page.assert_as_loaded(f"#{target}")


def reading(page: HtmxPage) -> dict[Kind, Request]:
    """Return one request of each kind: of the page, the part that it replaces, and the names that it adds to the query.

    So an element counts once, though several addresses of a page show it.
    """
    found: dict[Kind, Request] = {}
    name, own = resolve(urlsplit(page.address).path).view_name, parse_qsl(urlsplit(page.address).query)
    for node in page.root.walk():
        request = page.request_of(node) if "hx-get" in node.attributes or node.tag in ("a", "form") else None
        if request and request.verb == "get":
            target = page.target_of(request)["id"]
            added = {name for name, _ in parse_qsl(urlsplit(request.address).query)} - {name for name, _ in own}
            where = "" if target in NOT_IN_THE_PAGE else name
            found.setdefault((where, target, "follows" if request.is_boosted else "asks", *sorted(added)), request)
    return found
