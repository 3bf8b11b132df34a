"""Every URL of the portal, for everybody who may come to it, by GET and by POST. A new URL without its row fails."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from pipelines_portal.audit.models import Event
from tests.factories import browser_of, make_person, make_team, share_key
from tests.fake_api import FakeApi
from tests.test_names import named_urls

from .table import ACCESS, NOBODY
from .world import PASSWORD, PEOPLE, World, make_world

URLS = {f"{app}:{pattern.name}".strip(":"): pattern for app, pattern in named_urls(get_resolver())}


def what_came(response: Any) -> str:
    """`.` any other answer · `-` 404 · `x` 403 · `s` asked to sign in · `m` no such method · `!` the portal failed."""
    status, location = response.status_code, response.get("Location", "")
    if status == 401 or (status == 302 and location.startswith("/sign-in/?")):
        return "s"
    return {404: "-", 403: "x", 405: "m", 500: "!"}.get(status, ".")


def address_of(name: str, world: World) -> str:
    """Whatever arguments it takes, of those that `places` knows."""
    places = world.places(name)
    names = set(URLS[name].pattern.converters)
    for above in (set(), {"key_id"}, {"key_id", "workflow_id"}):
        try:
            return reverse(name, kwargs={each: places[each] for each in names | above})
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} needs an argument that World.places does not know")


def test_every_url_has_its_row() -> None:
    assert sorted(ACCESS) == sorted(URLS)


def ask(world: World, name: str, method: str, address: str, data: dict[str, Any]) -> str:
    """What came for the person of that name, in a transaction that is undone: the next one finds everything as it was.

    No answer contains the key. A refused request leaves no event; test_killed.py shows that no change is without one.
    """
    browser = world.browsers[name]
    cookies, events = dict(browser.cookies), Event.objects.count()
    with transaction.atomic():
        response = getattr(browser, method)(address, data)
        assert world.key.decrypt() not in str(response.headers) + b"".join(response).decode()
        came = what_came(response)
        assert came not in "-x" or Event.objects.count() == events, f"{name} changed something at {address}"
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.update(cookies)
    return came


# `make check` asks for these, who may little, and `make test` for the others as well.
WHO_MAY_LITTLE = ("viewer", "stranger", "deactivated", "anonymous")
OTHERS = tuple(name for name in PEOPLE if name not in WHO_MAY_LITTLE)


def test_who_may_little_is_let_in_as_the_table_says(
    db: None, before_api: FakeApi, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for(URLS, WHO_MAY_LITTLE, before_api, caplog)


@pytest.mark.parametrize("app", sorted({name.rpartition(":")[0] for name in URLS}))
def test_who_is_let_in(
    app: str, db: None, before_api: FakeApi, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for([name for name in URLS if name.rpartition(":")[0] == app], OTHERS, before_api, caplog)


def ask_for(names: Iterable[str], people: Sequence[str], api: FakeApi, caplog: pytest.LogCaptureFixture) -> None:
    world = make_world(api)
    world.sign_everybody_in()
    came = {name: came_for(world, name, people) for name in sorted(names)}
    assert came == {name: expected_of(name, people) for name in sorted(names)}
    assert world.key.decrypt() not in caplog.text


def expected_of(name: str, people: Sequence[str]) -> dict[str, str]:
    """The columns of these people."""
    columns = ACCESS[name].expected
    return {method: "".join(column[PEOPLE.index(name)] for name in people) for method, column in columns.items()}


def came_for(world: World, name: str, people: Sequence[str]) -> dict[str, str]:
    """What each person got by each method; the objects that the URL is about are undone as well."""
    row = ACCESS[name]
    with transaction.atomic():
        address = address_of(name, world)
        data = row.data_of(world)
        came = {
            method: "".join(ask_all(world, people, column == NOBODY, method, address, data))
            for method, column in row.expected.items()
        }
        transaction.set_rollback(True)
    return came


def ask_all(
    world: World, people: Sequence[str], has_no_method: bool, method: str, address: str, data: dict[str, Any]
) -> Iterator[str]:
    """Yield what each got. A method that no view has is refused before anyone is looked up: three ask for it."""
    for name in people:
        if has_no_method and name not in ("owner", "administrator", "anonymous"):
            yield "m"
        else:
            yield ask(world, name, method, address, data)


def test_an_import_is_not_there_for_another_team_that_uses_the_key(
    db: None, before_api: FakeApi, settings: Any
) -> None:
    """A member and a lead of the other team get the same answers as a user of the key outside the import's team."""
    world = make_world(before_api)
    others = {name: make_person(f"{name}@acme.example") for name in ("member", "lead of it")}
    share_key(world.key, make_team(others["member"], lead=others["lead of it"], name="Photos"))
    for name in (name for name in sorted(URLS) if name.startswith("sheets:")):
        row = ACCESS[name]
        address, data = address_of(name, world), row.data_of(world)
        for person in others.values():
            browser = browser_of(person)
            came = {method: what_came(getattr(browser, method)(address, data)) for method in row.expected}
            assert came == {method: signs[PEOPLE.index("person")] for method, signs in row.expected.items()}, name


def test_each_change_leaves_its_event(db: None, before_api: FakeApi, settings: Any) -> None:
    """The first person who may change something leaves the verb that the table names, and no secret."""
    world = make_world(before_api)
    world.sign_everybody_in()
    changing = {name: row for name, row in sorted(ACCESS.items()) if row.post != NOBODY}
    assert [name for name, row in changing.items() if bool(row.event) == bool(row.quiet)] == [], "an event, or a reason"
    events = {name: events_of(world, name, settings) for name in changing}
    assert [name for name, row in changing.items() if row.event and row.event not in verbs_of(events[name])] == []
    secrets = (world.key.decrypt(), PASSWORD, world.people["stranger"].password)
    recorded = {name: " ".join(str(vars(event)) for event in events[name]) for name in changing}
    assert [name for name, text in recorded.items() if any(secret in text for secret in secrets)] == []


def verbs_of(events: list[Event]) -> set[str]:
    return {event.verb for event in events}


def events_of(world: World, name: str, settings: Any) -> list[Event]:
    """Post to a URL as the first person who may, and return the events. The database stays as it was."""
    with transaction.atomic():
        browser, address = first_who_may(world, name, settings), address_of(name, world)
        Event.objects.all().delete()
        browser.post(address, ACCESS[name].data_of(world))
        events = list(Event.objects.all())
        transaction.set_rollback(True)
    return events


def first_who_may(world: World, name: str, settings: Any) -> Client:
    """Return a browser of the first person in the table who may post to this URL."""
    settings.MAIL_IS_ON = name == "accounts:password_forgotten"
    browser, posts = Client(), ACCESS[name].post
    if name not in BY_NOBODY:
        browser.cookies.update(world.browsers[PEOPLE[posts.index(".")] if "." in posts else "anonymous"].cookies)
    return browser


# Done before somebody is signed in.
BY_NOBODY = ("accounts:sign_in", "accounts:passkey_sign_in", "accounts:password_forgotten")
