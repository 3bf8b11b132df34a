"""Rate limits that several processes share."""

import time

from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant
from tests.services.external_api.conftest import RunServer


def test_two_servers_share_a_bucket(run_server: RunServer, redis_url: str, tenant: Tenant) -> None:
    """S57, S62, S63: after the time of Retry-After a request succeeds."""
    path = f"/workflows/{tenant.workflow().pk}"
    env = {"CACHE_URL": redis_url, "EXTERNAL_API_KEY_LIMIT": "4/3second"}
    with run_server(**env) as one, run_server(**env) as two:
        statuses = [server.get(path, key=tenant.key).status_code for server in (one, two, one, two)]
        assert statuses == [200] * 4
        limited = [server.get(path, key=tenant.key) for server in (one, two)]
        assert [error_of(answer)[:2] for answer in limited] == [(429, "rate_limit_exceeded")] * 2
        time.sleep(limited[1].json()["retry_after"])
        assert two.get(path, key=tenant.key).status_code == 200


def test_two_servers_share_failures_of_authentication(run_server: RunServer, redis_url: str, tenant: Tenant) -> None:
    """S61: an address that is limited by one server is limited by the other. A live key is accepted."""
    path = f"/workflows/{tenant.workflow().pk}"
    env = {"CACHE_URL": redis_url, "EXTERNAL_API_AUTH_FAILURE_LIMIT": "2/minute", "TRUSTED_PROXIES": "127.0.0.1"}
    guesser = {"X-Forwarded-For": "203.0.113.77"}
    with run_server(**env) as one, run_server(**env) as two:
        assert one.get(path, key=tenant.key, headers=guesser).status_code == 200
        assert [one.get(path, headers=guesser).status_code for _ in range(2)] == [401, 401]
        assert two.get(path, headers=guesser).status_code == 429
        assert two.get(path, key=tenant.key, headers=guesser).status_code == 200
