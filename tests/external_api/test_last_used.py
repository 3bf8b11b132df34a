"""When a key was used last."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey
from tests.external_api.factories import Tenant, make_tenant
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


def test_other_requests_write_nothing(server: Server, tenant: Tenant) -> None:
    """S47: the database file's change counter stands still."""
    workflow = tenant.workflow()
    paths = [f"/workflows/{workflow.pk}{end}" for end in ("", "/schema", "/tasks")]
    server.get(paths[0], key=tenant.key)
    before = _changes()
    for path in paths * 3:
        assert server.get(path, key=tenant.key).status_code == 200
    assert _changes() == before
    make_tenant()
    assert _changes() != before


def _changes() -> int:
    """SQLite's counter of what other connections have committed, and this one has too."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        others = cursor.fetchone()[0]
        cursor.execute("SELECT total_changes()")
        return others * 1_000_000 + cursor.fetchone()[0]


def test_a_refused_key_is_not_marked(server: Server, tenant: Tenant) -> None:
    """S27, S47: what is refused was not used."""
    OrganizationKey.objects.filter(pk=tenant.api_key.pk).update(revoked_at=timezone.now())
    assert server.get("/workflows/1", key=tenant.key).status_code == 401
    assert used_at(tenant).last_used_at is None
