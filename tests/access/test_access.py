"""Every URL of the portal, for everybody who may come to it, by GET and by POST. A new URL without its row fails."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from tests.conftest import TRANSLATIONS
from tests.test_names import named_urls

from .table import ACCESS
from .world import PEOPLE, World, make_world

URLS = {f"{app}:{pattern.name}": pattern for app, pattern in named_urls(get_resolver())}


def what_came(response: Any) -> str:
    """`.` was let in · `-` 404 · `x` 403 · `s` asked to sign in · `m` no such method · `!` the portal failed."""
    status, location = response.status_code, response.get("Location", "")
    if status == 401 or (status == 302 and location.startswith("/sign-in/")):
        return "s"
    return {404: "-", 403: "x", 405: "m", 500: "!"}.get(status, ".")


def address_of(name: str, world: World) -> str:
    names = re.findall(r"\w+", " ".join(URLS[name].pattern.converters)) if isinstance(URLS[name], URLPattern) else []
    for prefix in ({}, {"key_id"}, {"key_id", "workflow_id"}):
        try:
            return reverse(name, kwargs={each: world.places[each] for each in {*names, *prefix}})
        except Exception:
            continue
    raise AssertionError(f"{name} needs a place of its own in tests/access/world.py")


@pytest.fixture
def world(db: None, before_api: Any, org_key: str, create_tasks: Any, settings: Any) -> World:
    settings.UPLOAD_RELAY = True
    return make_world(org_key, create_tasks(1, TRANSLATIONS)[0])


def test_every_url_has_its_row() -> None:
    assert sorted(ACCESS) == sorted(URLS)


def ask(browser: Client, method: str, address: str) -> str:
    """In a transaction that is undone: the next one finds everything as it was."""
    session = dict(browser.cookies)
    with transaction.atomic():
        answer = what_came(getattr(browser, method)(address))
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.update(session)
    return answer


@pytest.mark.parametrize("name", URLS)
def test_who_is_let_in(name: str, world: World) -> None:
    address = address_of(name, world)
    came = tuple("".join(ask(world.browsers[one], method, address) for one in PEOPLE) for method in ("get", "post"))
    print("ROW", name, came)
    assert came == ACCESS[name][:2]
