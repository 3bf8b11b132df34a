"""Every URL of the program, for everybody who may come to it, by GET and by POST. A new URL without its row fails."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.external_api.factories import Tenant, make_person, make_tenant
from tests.external_api.server import Api

NOBODY = "mmmmm"
ANYONE = "....."
SIGNED_IN = "....s"
ADMINS = ".x--s"
NOT_THERE = "-----"
# A session is no key.
KEYS = "kkkkk"
# Columns: Org Admin · member · Org Admin of another organization · stranger · anonymous. Signs: see `result_of`.
ACCESS = {
    "redoc": (ANYONE, NOBODY),
    "external_api_v1:openapi-json": (ANYONE, NOBODY),
    "external_api_v1:openapi-view": (ANYONE, NOBODY),
    "external_api_v1:get_health": (ANYONE, NOBODY),
    "external_api_v1:api-root": (NOT_THERE, NOT_THERE),
    "external_api_v1:get_workflow": (KEYS, NOBODY),
    "external_api_v1:get_workflow_schema": (KEYS, NOBODY),
    "external_api_v1:start_upload": (NOBODY, KEYS),
    "external_api_v1:confirm_upload": (NOBODY, KEYS),
    "external_api_v1:get_upload": (KEYS, NOBODY),
    "external_api_v1:cancel_upload": (KEYS, NOBODY),
    "external_api_v1:create_tasks": (KEYS, KEYS),
    "external_api_v1:list_tasks": (KEYS, KEYS),
    "external_api_v1:get_task": (KEYS, NOBODY),
    "stored_archive": (NOBODY, NOBODY),
    "organization_keys:home": (ANYONE, ANYONE),
    # There are people.
    "organization_keys:setup": (NOT_THERE, NOT_THERE),
    "organization_keys:sign_in": (ANYONE, ANYONE),
    # Without a right password before it, these lead to the sign-in.
    "organization_keys:sign_in_code": (ANYONE, ANYONE),
    "organization_keys:two_step": (SIGNED_IN, SIGNED_IN),
    "organization_keys:two_step_remove": (SIGNED_IN, SIGNED_IN),
    "organization_keys:sign_out": (NOBODY, ANYONE),
    # Without a link.
    "organization_keys:choose_password": (NOT_THERE, NOT_THERE),
    "organization_keys:password": (SIGNED_IN, SIGNED_IN),
    "organization_keys:organizations": (".x.xs", NOBODY),
    # See test_only_some_people_may_add_organizations.
    "organization_keys:organization_add": ("----s", "----s"),
    "organization_keys:rename": (ADMINS, ADMINS),
    "organization_keys:list": (ADMINS, NOBODY),
    "organization_keys:create": (ADMINS, ADMINS),
    "organization_keys:expiry": (ADMINS, ADMINS),
    "organization_keys:revoke": (ADMINS, ADMINS),
    "organization_keys:workflows": (ADMINS, NOBODY),
    "organization_keys:workflow_add": (ADMINS, ADMINS),
    "organization_keys:workflow": (ADMINS, ADMINS),
    "organization_keys:people": (ADMINS, ADMINS),
    "organization_keys:role": (NOBODY, ADMINS),
    "organization_keys:remove": (ADMINS, ADMINS),
    "organization_keys:password_link": (ADMINS, ADMINS),
}


def named_patterns(resolver: URLResolver, above: str = "") -> Iterator[tuple[str, URLPattern, set[str]]]:
    """Yield each pattern with its full name, and the names of the arguments that it takes."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from named_patterns(pattern, f"{pattern.namespace}:" if pattern.namespace else above)
        else:
            yield f"{above}{pattern.name}", pattern, set(pattern.pattern.converters)


PATTERNS = [(name, arguments) for name, _, arguments in named_patterns(get_resolver())]


def test_every_url_has_its_row() -> None:
    assert sorted(ACCESS) == sorted(name for name, _ in PATTERNS)


def result_of(response: Any) -> str:
    """`.` let in · `-` not there · `x` 403 · `s` asked to sign in · `k` asked for a key · `m` no such method."""
    status, location = response.status_code, response.get("Location", "")
    if status == 302 and location.startswith("/sign-in?next="):
        return "s"
    assert status < 500 and status != 429
    return {401: "k", 403: "x", 404: "-", 405: "m", 410: "-"}.get(status, ".")


def visitors(tenant: Tenant) -> list[Client]:
    """Return browsers in the order of the columns."""
    people = [tenant.admin, make_person("member", tenant.organization), make_tenant().admin, make_person()]
    browsers = [Client() for _ in people]
    for browser, person in zip(browsers, people, strict=True):
        browser.force_login(person)
    return [*browsers, Client()]


def ask(browser: Client, method: str, address: str) -> str:
    """Return what came, in a transaction that is undone: the next one finds everything as it was."""
    cookies = dict(browser.cookies)
    with transaction.atomic():
        response = getattr(browser, method)(address)
        transaction.set_rollback(True)
    browser.cookies.clear()
    browser.cookies.update(cookies)
    return result_of(response)


def places_of(tenant: Tenant) -> dict[str, Any]:
    """Return a value for each argument of a URL."""
    return {
        "organization_id": tenant.organization.pk,
        "workflow_id": tenant.workflow().pk,
        "key_id": tenant.api_key.pk,
        "person_id": make_person("member", tenant.organization).pk,
        "task_id": 1,
        "upload_id": "0197aaaa-0000-7000-8000-000000000000",
    }


def test_everybody_gets_what_the_table_says(server: Api, tenant: Tenant) -> None:
    """S30: each page looks for the organization itself, and for its parts within it."""
    places, browsers = places_of(tenant), visitors(tenant)
    found = {}
    for name, arguments in PATTERNS:
        address = reverse(name, kwargs={each: places[each] for each in arguments})
        found[name] = tuple("".join(ask(one, method, address) for one in browsers) for method in ("get", "post"))
    assert found == ACCESS


def test_large_numbers_are_not_there(server: Api, tenant: Tenant) -> None:
    """The API may also refuse a body that is missing here."""
    places, browser = places_of(tenant), visitors(tenant)[0]
    browser.defaults["HTTP_AUTHORIZATION"] = f"Bearer {tenant.key}"
    parts = [(name, arguments, part) for name, arguments in PATTERNS for part in arguments - {"upload_id"}]
    for (name, arguments, part), number in product(parts, [2**63 - 1, 2**63, 10**30]):
        address = reverse(name, kwargs={each: number if each == part else places[each] for each in arguments})
        statuses = {getattr(browser, method)(address).status_code for method in ("get", "post")}
        expected = {404, 405} if name.startswith("organization_keys:") else {400, 404, 405, 415, 422}
        assert statuses <= expected, (name, part, number)


@pytest.mark.parametrize(
    ("name", "part"), [("workflow", "workflow_id"), ("role", "person_id"), ("remove", "person_id"),
                       ("password_link", "person_id"), ("expiry", "key_id"), ("revoke", "key_id")],
)  # fmt: skip
def test_parts_of_another_organization_are_404(tenant: Tenant, name: str, part: str) -> None:
    """S30: an admin cannot use their IDs in a path of their own organization."""
    foreign = make_tenant()
    places = {"workflow_id": foreign.workflow().pk, "person_id": foreign.admin.pk, "key_id": foreign.api_key.pk}
    address = reverse(f"organization_keys:{name}", args=[tenant.organization.pk, places[part]])
    browser = visitors(tenant)[0]
    assert {ask(browser, method, address) for method in ("get", "post")} <= {"-", "m"}


def test_only_some_people_may_add_organizations(tenant: Tenant) -> None:
    """The page is there for those who may, whatever else they are."""
    person = make_person()
    person.may_add_organizations = True
    person.save()
    browser = Client()
    browser.force_login(person)
    assert "Add organization" in browser.get("/organization-keys/").text
    assert "Add organization" not in visitors(tenant)[2].get("/organization-keys/", follow=True).text
    assert [ask(browser, method, "/organization-keys/add") for method in ("get", "post")] == [".", "."]
