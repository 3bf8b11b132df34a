"""What reads leave alone: SQLite tells whether its file has been written to."""

import pytest
from django.db import connection

from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.server import Server

pytestmark = pytest.mark.sqlite


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
