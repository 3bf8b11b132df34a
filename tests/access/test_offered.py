"""A page offers nothing that is refused: its forms are submitted as they are drawn, and its links are followed."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve

from tests.fake_api import FakeApi
from tests.htmx_page import HtmxPage, Node

from .table import ACCESS
from .test_access import address_of, what_came
from .world import PEOPLE, make_world

# So many that differ only in the object or the page: a list may offer what some of its objects refuse.
MOST_ALIKE = 4
FEWEST_BUTTONS = 5
Button = tuple[str, str, str]


@pytest.mark.parametrize("person", [name for name in PEOPLE if name not in ("deactivated", "anonymous")])
def test_what_is_offered_works(person: str, db: None, before_api: FakeApi) -> None:
    world = make_world(before_api)
    world.sign_everybody_in()
    pressed, refused = Counter[Button](), list[str]()
    for name in (name for name in sorted(ACCESS) if ACCESS[name].expected["get"][PEOPLE.index(person)] == "."):
        with transaction.atomic():
            refused += refusals(world.browsers[person], address_of(name, world), pressed)
            transaction.set_rollback(True)
    assert refused == [] and len(pressed) >= FEWEST_BUTTONS


def refusals(browser: Client, page_address: str, pressed: Counter[Button]) -> Iterator[str]:
    """Press each button of the page and follow each link, unless enough like it were."""
    answer = browser.get(page_address, follow=True)
    if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
        return
    page = HtmxPage(browser, "", answer)
    for form, button in offered(page):
        address = urljoin(page.address, button["formaction"] or form["action"] or page.address)
        value = "" if button["value"].isdecimal() else button["value"]
        key = (resolve(urlsplit(address).path).view_name, button["name"], value)
        pressed[key] += 1
        if pressed[key] > MOST_ALIKE:
            continue
        values = page.values_in(form) | ({button["name"]: [button["value"]]} if button["name"] else {})
        if (came := came_of(browser, partial(browser.post, address, values))) != ".":
            yield f"{page.address}: {button.text} {key} gives {came}"
    for link in page.find_all("a"):
        if not (address := urljoin(page.address, link["href"])).startswith("/"):
            continue
        key = ("", resolve(urlsplit(address).path).view_name, "")
        pressed[key] += 1
        if pressed[key] <= MOST_ALIKE and (came := came_of(browser, partial(browser.get, address))) != ".":
            yield f"{page.address}: {link.text} leads to {address}, which gives {came}"


def came_of(browser: Client, ask: Callable[[], Any]) -> str:
    """Ask in a transaction that is undone. The browser's cookies stay as they were."""
    cookies = dict(browser.cookies)
    with transaction.atomic():
        response = ask()
        b"".join(response)
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.update(cookies)
    return what_came(response)


def offered(page: HtmxPage) -> Iterator[tuple[Node, Node]]:
    for button in page.find_all("button"):
        form = page.form_of(button)
        is_on = button["type"] in ("", "submit") and "disabled" not in button.attributes
        if form and is_on and (button["formmethod"] or form["method"]).lower() == "post":
            yield form, button
