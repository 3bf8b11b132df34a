"""Creating organization keys on the page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from pipelines_portal.external_api.models import OrganizationKey
from tests.each_case import each_case
from tests.external_api.factories import Tenant
from tests.external_api.people import signed_in
from tests.external_api.server import Api

LIFETIMES = {"none": None, "30d": 30, "90d": 90, "1y": 365}


def test_the_section_of_organization_keys_has_create_key(server: Api, tenant: Tenant) -> None:
    """S31: it is a section of the API keys page."""
    page = signed_in(server, tenant.admin).get("/organization-keys/").text
    assert '<a href="/organization-keys/' in page and 'aria-current="page"\n    >API keys</a>' in page
    section = page[page.index('<h2 id="organization-keys">Organization keys</h2>') :]
    assert f'href="/organization-keys/{tenant.organization.pk}/new">Create key</a>' in section


def test_there_are_four_expiries(server: Api, tenant: Tenant) -> None:
    """S33: none, 30 days, 90 days and 1 year. Any other is refused."""
    visitor = signed_in(server, tenant.admin)
    path = f"/organization-keys/{tenant.organization.pk}/new"
    offered = re.findall(r'type="radio" name="expires" value="(\w+)"', visitor.get(path).text)
    assert offered == list(LIFETIMES)
    answer = visitor.post(path, {"name": "Too long", "expires": "10y"})
    assert answer.status_code == 422
    assert not OrganizationKey.objects.filter(name="Too long").exists()


@each_case("choice", LIFETIMES)
def test_expiry_counts_from_creation(server: Api, tenant: Tenant, choice: str) -> None:
    """S33, S34: this is true of each choice."""
    visitor = signed_in(server, tenant.admin)
    answer = visitor.post(f"/organization-keys/{tenant.organization.pk}/new", {"name": choice, "expires": choice})
    assert answer.status_code == 200
    key = OrganizationKey.objects.get(organization=tenant.organization, name=choice)
    days = LIFETIMES[choice]
    assert key.expires_at == (None if days is None else key.created_at + timedelta(days=days))
    assert abs(datetime.now(UTC) - key.created_at) < timedelta(seconds=20)
    assert key.created_by == tenant.admin


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_is_required(server: Api, tenant: Tenant, name: str) -> None:
    """S32: without one no key is created."""
    visitor = signed_in(server, tenant.admin)
    before = OrganizationKey.objects.count()
    answer = visitor.post(f"/organization-keys/{tenant.organization.pk}/new", {"name": name, "expires": "30d"})
    assert answer.status_code == 422
    assert 'id="id_name_error"' in answer.text
    assert OrganizationKey.objects.count() == before


def test_the_key_is_shown_once_and_stored_nowhere(
    server: Api, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    """S19, S35, S36, S37: complete right after its creation, later only its last four characters."""
    visitor = signed_in(server, tenant.admin)
    pages = f"/organization-keys/{tenant.organization.pk}/"
    created = visitor.post(f"{pages}new", {"name": "Nightly import", "expires": "none"})
    (key,) = set(re.findall(r"pk_live_[0-9a-f]{40}\b", created.text))
    assert created.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    workflow = tenant.workflow()
    assert server.get(f"/workflows/{workflow.pk}", key=key).status_code == 200
    listed = visitor.get(pages).text
    assert key not in listed and f"…{key[-4:]}" in listed and "Nightly import" in listed
    assert "pk_live_" not in listed and "pk_live_" not in visitor.get(f"{pages}new").text
    assert key not in whole_database() and key[8:-4] not in whole_database()
    assert all(key not in str(session.get_decoded()) for session in Session.objects.all())
    assert "organization-key-made" in caplog.text and key not in caplog.text


def test_a_form_that_is_sent_again_creates_no_second_key(server: Api, tenant: Tenant) -> None:
    """Reloading the page that shows the new key sends its form again."""
    visitor = signed_in(server, tenant.admin)
    pages = f"/organization-keys/{tenant.organization.pk}/"
    token = re.findall(r'name="token" value="([0-9a-f-]{36})"', visitor.get(f"{pages}new").text)[0]
    form = {"name": "Only once", "expires": "none", "token": token}
    assert "pk_live_" in visitor.post(f"{pages}new", form).text
    again = visitor.post(f"{pages}new", form)
    assert again.status_code == 409
    assert "already exists" in again.text
    assert "pk_live_" not in again.text
    assert OrganizationKey.objects.filter(name="Only once").count() == 1


def test_the_pages_link_to_the_portal(server: Api, tenant: Tenant) -> None:
    visitor = signed_in(server, tenant.admin)
    pages = f"/organization-keys/{tenant.organization.pk}/"
    assert re.search(r'<a href="http://localhost:\d+">Pipelines Portal</a>', visitor.get(pages).text)
    created = visitor.post(f"{pages}new", {"name": "For the portal", "expires": "none"}).text
    assert re.search(r'href="http://localhost:\d+/keys/">Add to the portal</a>', created)


def whole_database() -> str:
    dump = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            dump.append(repr(cursor.fetchall()))
    return "".join(dump)
