"""The time when a key was last used."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey
from tests.external_api.factories import Tenant
from tests.external_api.server import Api


def used_at(tenant: Tenant, **ago: float) -> OrganizationKey:
    key = OrganizationKey.objects.filter(pk=tenant.api_key.pk)
    if ago:
        key.update(last_used_at=timezone.now() - timedelta(**ago))
    return key.get()


def test_the_first_use_is_recorded(server: Api, tenant: Tenant) -> None:
    """S47: it changes from never to now."""
    assert used_at(tenant).last_used_at is None
    server.get("/workflows/1", key=tenant.key)
    assert timezone.now() - used_at(tenant).last_used_at < timedelta(seconds=10)


@pytest.mark.parametrize(("ago", "changes"), [(50, False), (61, True)])
def test_it_changes_at_most_once_a_minute(server: Api, tenant: Tenant, ago: int, changes: bool) -> None:
    """S47: only a time that is over a minute ago is updated."""
    before = used_at(tenant, seconds=ago).last_used_at
    for _ in range(3):
        server.get("/workflows/1", key=tenant.key)
    assert (used_at(tenant).last_used_at > before) == changes


def test_a_refused_use_is_not_recorded(server: Api, tenant: Tenant) -> None:
    """S27, S47: a revoked key stays unused."""
    OrganizationKey.objects.filter(pk=tenant.api_key.pk).update(revoked_at=timezone.now())
    assert server.get("/workflows/1", key=tenant.key).status_code == 401
    assert used_at(tenant).last_used_at is None
