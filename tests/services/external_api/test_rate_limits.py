"""Rate limits by the clock, and by a process that cannot reach the counters that all processes share."""

import time

import pytest

from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant
from tests.external_api.people import Visitor
from tests.external_api.test_rate_limits import assert_limited
from tests.services.external_api.conftest import RunServer

UNREACHABLE = "redis://127.0.0.1:1/0"


@pytest.mark.parametrize("pause", [0.6, pytest.param(0.2, marks=pytest.mark.full)])
def test_retry_after_is_exact(run_server: RunServer, tenant: Tenant, pause: float) -> None:
    """S62, S63: a request after so many seconds succeeds and an earlier one does not."""
    with run_server(EXTERNAL_API_KEY_LIMIT="2/3second") as server:
        server.get("/health", key=tenant.key)
        time.sleep(pause)
        server.get("/health", key=tenant.key)
        asked = time.monotonic()
        wait = assert_limited(server.get("/health", key=tenant.key))
        assert wait <= 3
        time.sleep(wait - 1)
        early = server.get("/health", key=tenant.key)
        if time.monotonic() < asked + wait - 0.3:  # otherwise this machine was too busy for it to be early
            assert_limited(early)
        time.sleep(1)
        assert server.get("/health", key=tenant.key).status_code == 200


def test_without_redis_each_process_counts_for_itself(run_server: RunServer, tenant: Tenant) -> None:
    """S57, S59: requests are answered, and one line of the log says that Redis is away."""
    with run_server(CACHE_URL=UNREACHABLE, EXTERNAL_API_KEY_LIMIT="2/minute") as server:
        path = f"/workflows/{tenant.workflow().pk}"
        assert [server.get(path, key=tenant.key).status_code for _ in range(3)] == [200, 200, 429]
        assert error_of(server.get(path))[:2] == (401, "missing_api_key")
        assert server.output().count("Redis does not answer") == 1


def test_people_can_sign_in_without_redis(run_server: RunServer, tenant: Tenant) -> None:
    """S30, S61: the pages do not depend on the counters."""
    with run_server(CACHE_URL=UNREACHABLE) as server:
        assert Visitor(server).sign_in(tenant.admin, "wrong").status_code == 422
        assert Visitor(server).sign_in(tenant.admin).status_code == 302
