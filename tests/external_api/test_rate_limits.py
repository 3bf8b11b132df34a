"""The rate limits: one bucket for each key, one for each address without a key, one for failed authentication."""

import time
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env
from limits import parse
from requests import Response

from pipelines_portal.external_api.limit_settings import rate_limit
from pipelines_portal.external_api.organizations.rate_limits import counters
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.people import Visitor
from tests.external_api.server import Api

OPEN_PATHS = ["/health", "/docs", "/redoc", "/openapi.json"]
UNKNOWN = "pk_live_" + "0" * 40


@pytest.fixture(autouse=True)
def empty_buckets() -> None:
    counters().memory.reset()


@pytest.fixture
def by_key(server: Api, settings: Any) -> Api:
    settings.EXTERNAL_API_KEY_LIMIT = parse("3/minute")
    return server


@pytest.fixture
def by_address(server: Api, settings: Any) -> Api:
    settings.EXTERNAL_API_IP_LIMIT = parse("3/minute")
    return server


@pytest.fixture
def by_failures(server: Api, settings: Any) -> Api:
    settings.EXTERNAL_API_AUTH_FAILURE_LIMIT = parse("3/minute")
    return server


def assert_limited(answer: Response) -> int:
    """Check that a response is a 429, and return how many seconds it says to wait."""
    assert error_of(answer)[:2] == (429, "rate_limit_exceeded")
    seconds = answer.json()["retry_after"]
    assert type(seconds) is int
    assert seconds >= 1
    assert answer.headers["Retry-After"] == str(seconds)
    return seconds


def test_each_key_has_its_own_bucket(by_key: Api, tenant: Tenant) -> None:
    """S57, S62, S63, S64, S65, S75: an exhausted key does not affect another one."""
    path = f"/workflows/{tenant.workflow().pk}"
    started = time.monotonic()
    assert [by_key.get(path, key=tenant.key).status_code for _ in range(3)] == [200] * 3
    wait = assert_limited(by_key.get(path, key=tenant.key))
    assert 60 - (time.monotonic() - started) - 1 <= wait <= 60
    other = make_tenant()
    assert by_key.get(f"/workflows/{other.workflow().pk}", key=other.key).status_code == 200


def test_responses_say_how_many_requests_are_left(by_key: Api, tenant: Tenant) -> None:
    path = f"/workflows/{tenant.workflow().pk}"
    for remaining in ("2", "1", "0", "0"):
        headers = by_key.get(path, key=tenant.key).headers
        assert (headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == ("3", remaining)
        assert 1 <= int(headers["RateLimit-Reset"]) <= 60
    assert "RateLimit-Limit" not in by_key.get("/health").headers


def test_both_headers_count_in_the_same_bucket(by_key: Api, tenant: Tenant) -> None:
    """S57: the bucket belongs to the key, whichever header carries it."""
    path = f"/workflows/{tenant.workflow().pk}"
    for headers in ({"X-API-Key": tenant.key}, {"Authorization": f"Bearer {tenant.key}"}, {"X-API-Key": tenant.key}):
        assert by_key.get(path, headers=headers).status_code == 200
    assert_limited(by_key.get(path, key=tenant.key))


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_open_paths_count_by_key_if_there_is_one(by_key: Api, tenant: Tenant, path: str) -> None:
    """S58, S60: a request without a key counts in the bucket of its address."""
    assert [by_key.get(path, key=tenant.key).status_code for _ in range(3)] == [200] * 3
    assert_limited(by_key.get(path, key=tenant.key))
    assert by_key.get(path).status_code == 200


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_open_paths_count_by_address_without_a_key(by_address: Api, tenant: Tenant, path: str) -> None:
    """S59, S60, S64: an exhausted address does not affect keys."""
    assert [by_address.get(path).status_code for _ in range(3)] == [200] * 3
    assert_limited(by_address.get(path))
    assert by_address.get(path, key=tenant.key).status_code == 200


@pytest.mark.parametrize("key", ["pk_live_{}", "pk_live_{:040x}"])
def test_invented_keys_count_by_address(by_address: Api, key: str) -> None:
    """S59, S60: neither a malformed key nor an unknown one gets a bucket of its own."""
    for number in range(3):
        assert by_address.get("/health", key=key.format(number)).status_code == 200
    assert_limited(by_address.get("/health", key=key.format(3)))


def test_the_limit_is_checked_before_body_and_key(by_address: Api) -> None:
    """S64: order of the checks."""
    for _ in range(3):
        by_address.get("/health")
    assert_limited(by_address.post("/workflows/1/tasks", data=b" " * 34_000_000))


def test_failed_authentication_is_limited_by_address(by_failures: Api, tenant: Tenant, settings: Any) -> None:
    """S61, S64: unknown, malformed and missing keys count. A live key is accepted before and after."""
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    path = f"/workflows/{tenant.workflow().pk}"
    here, elsewhere = {"X-Forwarded-For": "203.0.113.5"}, {"X-Forwarded-For": "203.0.113.6"}
    assert by_failures.get(path, key=tenant.key, headers=here).status_code == 200
    for key in (UNKNOWN, "nonsense", None):
        assert by_failures.get(path, key=key, headers=here).status_code == 401
    for key in (UNKNOWN[:-1] + "1", None, tenant.key[:-1] + "g"):
        assert_limited(by_failures.get(path, key=key, headers=here))
    assert by_failures.get(path, key=tenant.key, headers=here).status_code == 200
    assert by_failures.get(path, key=UNKNOWN, headers=elsewhere).status_code == 401
    assert by_failures.get("/health", headers=here).status_code == 200


def test_an_invented_key_beside_a_live_one_counts_for_the_live_one(by_key: Api, tenant: Tenant) -> None:
    """S57: the bucket is that of the key that authenticates, in whichever header it is."""
    path = f"/workflows/{tenant.workflow().pk}"
    statuses = []
    for number in range(5):
        pair = [tenant.key, f"pk_live_{number:040x}"]
        bearer, header = reversed(pair) if number % 2 else pair
        statuses.append(by_key.get(path, key=bearer, headers={"X-API-Key": header}).status_code)
    assert statuses == [200, 200, 200, 429, 429]


def test_an_invented_key_beside_a_live_one_is_a_failure(by_failures: Api, tenant: Tenant) -> None:
    """S61: guessing counts although the request succeeds. The live key itself goes on."""
    path = f"/workflows/{tenant.workflow().pk}"
    for _ in range(4):
        assert by_failures.get(path, key=UNKNOWN, headers={"X-API-Key": tenant.key}).status_code == 200
    assert_limited(by_failures.get(path, key=UNKNOWN))
    assert by_failures.get(path, key=tenant.key).status_code == 200


def test_failing_keys_do_not_affect_the_sign_in_page(by_failures: Api, tenant: Tenant) -> None:
    """S30, S61: people at the same address can still sign in."""
    for _ in range(3):
        assert by_failures.get("/workflows/1", key=UNKNOWN).status_code == 401
    assert_limited(by_failures.get("/workflows/1", key=UNKNOWN))
    assert Visitor(by_failures).sign_in(tenant.admin).status_code == 302


def test_a_live_key_does_not_avoid_the_limit_on_passwords(server: Api, tenant: Tenant) -> None:
    """S61: the limit on sign-ins is another one than that on keys."""
    assert server.get(f"/workflows/{tenant.workflow().pk}", key=tenant.key).status_code == 200
    visitor = Visitor(server)
    visitor.session.headers["X-API-Key"] = tenant.key
    answers = [visitor.sign_in(tenant.admin, "wrong").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


@pytest.mark.parametrize(
    ("proxies", "header", "same"),
    [
        ([], "192.0.2.{}", True),
        (["127.0.0.1"], "192.0.2.{}", False),
        (["127.0.0.1"], "192.0.2.{}, 198.51.100.1", True),
        (["127.0.0.1", "198.51.100.0/24"], "192.0.2.{}, 198.51.100.1", False),
        (["127.0.0.1", "198.51.100.0/24"], "192.0.2.{}, garbage, 198.51.100.1", True),
        (["127.0.0.1"], "2001:db8::{}", True),
        (["127.0.0.1"], "2001:db8:0:{}::1", False),
        (["127.0.0.1"], "::ffff:192.0.2.{}", False),
    ],
)
def test_only_trusted_proxies_name_the_address(
    server: Api, settings: Any, proxies: list[str], header: str, same: bool
) -> None:
    """S59: whether requests with different X-Forwarded-For headers share a bucket."""
    settings.EXTERNAL_API_IP_LIMIT = parse("2/minute")
    settings.TRUSTED_PROXIES = [ip_network(proxy) for proxy in proxies]
    statuses = [server.get("/health", headers={"X-Forwarded-For": header.format(n)}).status_code for n in (11, 12, 13)]
    assert (429 in statuses) == same


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("lots", "KEY_LIMIT must be a limit such as 600/minute."),
        ("0/minute", "KEY_LIMIT must allow at least 1 request."),
        ("5/fortnight", "KEY_LIMIT must be a limit such as 600/minute."),
    ],
)
def test_a_bad_limit_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, sentence: str) -> None:
    """S65: limits are settings."""
    monkeypatch.setenv("KEY_LIMIT", value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        rate_limit(Env(), "KEY_LIMIT", "600/minute")
