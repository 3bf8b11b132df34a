"""The requests that only read."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.external_api.factories import Tenant
from tests.external_api.server import Api


def test_reading_writes_nothing(server: Api, tenant: Tenant) -> None:
    """S47: only the first request of a minute writes, when the key was last used."""
    workflow = tenant.workflow()
    paths = [f"/workflows/{workflow.pk}{end}" for end in ("", "/schema", "/tasks")]
    with CaptureQueriesContext(connection) as first:
        server.get(paths[0], key=tenant.key)
    assert any(query["sql"].startswith("UPDATE") for query in first)
    with CaptureQueriesContext(connection) as later:
        for path in paths * 3:
            assert server.get(path, key=tenant.key).status_code == 200
    assert {query["sql"].split()[0] for query in later} == {"SELECT"}
