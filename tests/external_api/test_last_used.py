"""When a key was used last."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey
from tests.external_api.factories import Tenant
from tests.external_api.server import Server


def used_at(tenant: Tenant, **ago: float) -> OrganizationKey:
    key = OrganizationKey.objects.filter(pk=tenant.api_key.pk)
    if ago:
        key.update(last_used_at=timezone.now() - timedelta(**ago))
    return key.get()


def test_the_first_use_is_marked(server: Server, tenant: Tenant) -> None:
    """S47: from never to now."""
    assert used_at(tenant).last_used_at is None
    server.get("/workflows/1", key=tenant.key)
    assert timezone.now() - used_at(tenant).last_used_at < timedelta(seconds=10)


@pytest.mark.parametrize(("ago", "moves"), [(50, False), (61, True)])
def test_it_moves_at_most_once_a_minute(server: Server, tenant: Tenant, ago: int, moves: bool) -> None:
    """S47: a minute is left alone, more is not."""
    before = used_at(tenant, seconds=ago).last_used_at
    for _ in range(3):
        server.get("/workflows/1", key=tenant.key)
    assert (used_at(tenant).last_used_at > before) == moves


def test_a_refused_key_is_not_marked(server: Server, tenant: Tenant) -> None:
    """S27, S47: what is refused was not used."""
    OrganizationKey.objects.filter(pk=tenant.api_key.pk).update(revoked_at=timezone.now())
    assert server.get("/workflows/1", key=tenant.key).status_code == 401
    assert used_at(tenant).last_used_at is None
