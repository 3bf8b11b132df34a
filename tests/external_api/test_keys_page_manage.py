"""The list of organization keys, their expiry and their revocation."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey
from pipelines_portal.external_api.organizations.keys import create_key, revoke
from tests.each_case import each_case
from tests.external_api.factories import Tenant
from tests.external_api.people import Visitor, signed_in
from tests.external_api.server import Api


@pytest.fixture
def visitor(server: Api, tenant: Tenant) -> Visitor:
    return signed_in(server, tenant.admin)


def pages(tenant: Tenant, tail: str = "") -> str:
    return f"/organization-keys/{tenant.organization.pk}/{tail}"


def of_key(key: OrganizationKey, tail: str) -> str:
    return f"/organization-keys/{key.organization_id}/{key.pk}/{tail}"


def make(tenant: Tenant, name: str, **changes: object) -> OrganizationKey:
    key, _ = create_key(tenant.organization, name, "30d", tenant.admin)
    OrganizationKey.objects.filter(pk=key.pk).update(**changes)
    key.refresh_from_db()
    return key


def rows(page: str) -> list[str]:
    return re.findall(r"<tr>(.*?)</tr>", page.split("<tbody>")[1], re.DOTALL)


def test_the_table_has_all_columns(visitor: Visitor, tenant: Tenant) -> None:
    """S37, S46: Last Used, Expires, Created, Created By, and the last four characters."""
    now = timezone.now()
    key = make(tenant, "Import", last_used_at=now - timedelta(minutes=5))
    page = visitor.get(pages(tenant)).text
    headers = re.findall(r"<th>([^<]*)</th>", page)
    assert headers == ["Name", "Last used", "Expires", "Created", "Created by", "Actions"]
    row = next(row for row in rows(page) if "Import" in row)
    assert "5 min ago" in row and tenant.admin.email in row and f"…{key.last4}" in row
    assert f">{key.expires_at:%-d %b}" in row and f">{key.created_at:%-d %b}" in row
    OrganizationKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    assert "just now" in visitor.get(pages(tenant)).text
    other = next(row for row in rows(page) if "<strong>tests</strong>" in row)
    assert "Never" in other and "No expiry" in other


def test_the_newest_keys_are_first_and_revoked_ones_last(visitor: Visitor, tenant: Tenant) -> None:
    """S43, S44: revoked keys are sorted by age, too."""
    now = timezone.now()
    make(tenant, "Old", created_at=now - timedelta(days=9))
    make(tenant, "Newest but revoked", created_at=now + timedelta(days=1), revoked_at=now)
    make(tenant, "Revoked last", created_at=now - timedelta(days=8), revoked_at=now + timedelta(days=1))
    make(tenant, "Expired", created_at=now - timedelta(days=5), expires_at=now - timedelta(days=1))
    found = [re.search("<strong>(.*?)</strong>", row)[1] for row in rows(visitor.get(pages(tenant)).text)]
    assert found == ["tests", "Expired", "Old", "Newest but revoked", "Revoked last"]


@each_case(("choice", "days"), [("none", None), ("30d", 30), ("90d", 90), ("1y", 365)])
def test_expiry_counts_from_now(visitor: Visitor, tenant: Tenant, choice: str, days: int | None) -> None:
    """S39, S40: each choice can be later or earlier than before. The key can have expired."""
    for expires_at in (timezone.now() + timedelta(days=300), timezone.now() - timedelta(days=1)):
        key = make(tenant, "Import", expires_at=expires_at)
        answer = visitor.post(of_key(key, "expiry"), {"expires": choice})
        assert (answer.status_code, answer.url.endswith(pages(tenant))) == (200, True)
        key.refresh_from_db()
        if days is None:
            assert key.expires_at is None
        else:
            assert abs(key.expires_at - timezone.now() - timedelta(days=days)) < timedelta(seconds=20)


def test_an_extended_key_works_again(server: Api, visitor: Visitor, tenant: Tenant) -> None:
    """S26, S39: an expired key can become valid."""
    workflow = tenant.workflow()
    OrganizationKey.objects.filter(pk=tenant.api_key.pk).update(expires_at=timezone.now())
    assert server.get(f"/workflows/{workflow.pk}", key=tenant.key).status_code == 401
    visitor.post(of_key(tenant.api_key, "expiry"), {"expires": "30d"})
    assert server.get(f"/workflows/{workflow.pk}", key=tenant.key).status_code == 200


def test_the_expiry_of_a_revoked_key_cannot_change(visitor: Visitor, tenant: Tenant) -> None:
    """S41: the answer is 400."""
    key = make(tenant, "Import")
    path = of_key(key, "expiry")
    form = visitor.get(path).text
    revoke(key)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    form = {"csrfmiddlewaretoken": token, "expires": "1y"}
    answer = visitor.session.post(visitor.server.url + path, data=form, timeout=30)
    assert (answer.status_code, "can’t be used again" in answer.text) == (400, True)
    assert OrganizationKey.objects.get(pk=key.pk).expires_at == key.expires_at


def test_revoking_needs_confirmation_and_works_immediately(server: Api, visitor: Visitor, tenant: Tenant) -> None:
    """S29, S42, S43: the next request is refused. The key stays in the list."""
    workflow = tenant.workflow()
    path = of_key(tenant.api_key, "revoke")
    assert "You can’t undo this" in visitor.get(path).text
    assert server.get(f"/workflows/{workflow.pk}", key=tenant.key).status_code == 200
    page = visitor.post(path).text
    assert server.get(f"/workflows/{workflow.pk}", key=tenant.key).json()["error"] == "invalid_api_key"
    (row,) = rows(page)
    assert "Revoked" in row and "/expiry" not in row and "/revoke" not in row


def test_revoking_again_changes_nothing(visitor: Visitor, tenant: Tenant) -> None:
    """S45: it is not an error, and the key stays revoked since the first time."""
    visitor.post(of_key(tenant.api_key, "revoke"))
    first = OrganizationKey.objects.get(pk=tenant.api_key.pk)
    assert visitor.post(of_key(tenant.api_key, "revoke")).status_code == 200
    again = OrganizationKey.objects.get(pk=tenant.api_key.pk)
    assert (again.revoked_at, again.expires_at) == (first.revoked_at, first.expires_at)


def test_a_key_cannot_be_renamed_or_rotated(visitor: Visitor, tenant: Tenant) -> None:
    """S48, S49: a key has two pages, and neither accepts a name."""
    page = visitor.get(pages(tenant)).text
    links = set(re.findall(rf'href="/organization-keys/\d+/{tenant.api_key.pk}/(\w+)"', page))
    assert links == {"expiry", "revoke"}
    visitor.post(of_key(tenant.api_key, "expiry"), {"expires": "30d", "name": "Renamed"})
    assert OrganizationKey.objects.get(pk=tenant.api_key.pk).name == "tests"


def test_a_key_without_a_creator_has_a_warning(visitor: Visitor, tenant: Tenant) -> None:
    """S50, S54: the page says which requests are refused."""
    assert "ZIP uploads are blocked" not in visitor.get(pages(tenant)).text
    make(tenant, "Left behind", created_by=None)
    assert "ZIP uploads are blocked" in visitor.get(pages(tenant)).text
