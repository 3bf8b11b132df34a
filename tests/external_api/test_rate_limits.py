"""Three buckets, each on a server of its own with a small limit."""

import time
from collections.abc import Iterator

import pytest
from requests import Response

from tests.external_api.answers import error_of
from tests.external_api.conftest import RunServer
from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.people import Visitor
from tests.external_api.server import Server

OPEN_PATHS = ["/health", "/docs", "/redoc", "/openapi.json"]
UNKNOWN = "pk_live_" + "0" * 40


def assert_limited(answer: Response) -> int:
    """429 in its one shape; how long it says to wait."""
    assert error_of(answer)[:2] == (429, "rate_limit_exceeded")
    seconds = answer.json()["retry_after"]
    assert type(seconds) is int
    assert seconds >= 1
    assert answer.headers["Retry-After"] == str(seconds)
    return seconds


@pytest.fixture(scope="module")
def by_key(run_server: RunServer) -> Iterator[Server]:
    with run_server(EXTERNAL_API_KEY_LIMIT="3/minute") as running:
        yield running


@pytest.fixture(scope="module")
def by_address(run_server: RunServer) -> Iterator[Server]:
    """Behind a trusted proxy, so that each test has an address of its own."""
    with run_server(EXTERNAL_API_IP_LIMIT="3/minute", TRUSTED_PROXIES="127.0.0.0/8") as running:
        yield running


def come_from(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def test_each_key_has_a_bucket_of_its_own(by_key: Server, tenant: Tenant) -> None:
    """S57, S62, S63, S64, S65, S75: one exhausted key leaves the next alone."""
    path = f"/workflows/{tenant.workflow().pk}"
    started = time.monotonic()
    assert [by_key.get(path, key=tenant.key).status_code for _ in range(3)] == [200] * 3
    wait = assert_limited(by_key.get(path, key=tenant.key))
    assert 60 - (time.monotonic() - started) - 1 <= wait <= 60
    other = make_tenant()
    assert by_key.get(f"/workflows/{other.workflow().pk}", key=other.key).status_code == 200


def test_both_headers_feed_the_same_bucket(by_key: Server, tenant: Tenant) -> None:
    """S57: it is the key that counts, not where it stands."""
    path = f"/workflows/{tenant.workflow().pk}"
    for headers in ({"X-API-Key": tenant.key}, {"Authorization": f"Bearer {tenant.key}"}, {"X-API-Key": tenant.key}):
        assert by_key.get(path, headers=headers).status_code == 200
    assert_limited(by_key.get(path, key=tenant.key))


@pytest.mark.parametrize("path", OPEN_PATHS)
def test_open_paths_count_by_key_when_there_is_one(by_key: Server, tenant: Tenant, path: str) -> None:
    """S58, S60: with a key, its bucket; without one, the address's."""
    assert [by_key.get(path, key=tenant.key).status_code for _ in range(3)] == [200] * 3
    assert_limited(by_key.get(path, key=tenant.key))
    assert by_key.get(path).status_code == 200


@pytest.mark.parametrize(("number", "path"), list(enumerate(OPEN_PATHS, 1)))
def test_open_paths_count_by_address_without_a_key(by_address: Server, tenant: Tenant, number: int, path: str) -> None:
    """S59, S60, S64: an exhausted address does not touch keys."""
    headers = come_from(f"198.51.100.{number}")
    assert [by_address.get(path, headers=headers).status_code for _ in range(3)] == [200] * 3
    assert_limited(by_address.get(path, headers=headers))
    assert by_address.get(path, headers=headers, key=tenant.key).status_code == 200


def test_what_is_no_key_counts_by_address(by_address: Server) -> None:
    """S59: malformed keys are no way around the address's bucket."""
    for number in range(3):
        assert by_address.get("/health", headers=come_from("198.51.100.9"), key=f"pk_live_{number}").status_code == 200
    assert_limited(by_address.get("/health", headers=come_from("198.51.100.9"), key="pk_live_3"))


def test_the_limit_comes_before_body_and_key(by_address: Server) -> None:
    """S64: order of the checks, and a large body still gets its answer."""
    for _ in range(3):
        by_address.get("/health", headers=come_from("198.51.100.10"))
    answer = by_address.post("/workflows/1/tasks", headers=come_from("198.51.100.10"), data=b" " * 34_000_000)
    assert_limited(answer)


def test_waiting_as_told_is_enough_and_less_is_not(run_server: RunServer, tenant: Tenant) -> None:
    """S62, S63: Retry-After is exact, each time a hit leaves the window."""
    with run_server(EXTERNAL_API_KEY_LIMIT="2/3second") as server:
        for pause in (0.6, 0.2):
            server.get("/health", key=tenant.key)
            time.sleep(pause)
            server.get("/health", key=tenant.key)
            asked = time.monotonic()
            wait = assert_limited(server.get("/health", key=tenant.key))
            assert wait <= 3
            time.sleep(wait - 1)
            early = server.get("/health", key=tenant.key)
            if time.monotonic() < asked + wait - 0.3:  # else this machine was too busy for it to be early
                assert_limited(early)
            time.sleep(1)
            assert server.get("/health", key=tenant.key).status_code == 200
            time.sleep(3)


def test_failed_authentication_is_limited_by_address(run_server: RunServer, tenant: Tenant) -> None:
    """S61, S64: unknown, expired and missing keys alike; a live key is let through, whether it came before or not."""
    path = f"/workflows/{tenant.workflow().pk}"
    env = {"EXTERNAL_API_AUTH_FAILURE_LIMIT": "3/minute", "TRUSTED_PROXIES": "127.0.0.1"}
    with run_server(**env) as server:
        for key in (UNKNOWN, "nonsense", None):
            assert server.get(path, key=key, headers=come_from("203.0.113.5")).status_code == 401
        for key in (UNKNOWN[:-1] + "1", None, tenant.key[:-1] + "g"):
            assert_limited(server.get(path, key=key, headers=come_from("203.0.113.5")))
        assert server.get(path, key=tenant.key, headers=come_from("203.0.113.5")).status_code == 200
        assert server.get(path, key=UNKNOWN, headers=come_from("203.0.113.6")).status_code == 401
        assert server.get("/health", headers=come_from("203.0.113.5")).status_code == 200


def test_an_invented_key_beside_a_live_one_buys_nothing(by_key: Server, tenant: Tenant) -> None:
    """S57: the bucket is that of the key that authenticates, in whichever header it stands."""
    path = f"/workflows/{tenant.workflow().pk}"
    statuses = []
    for number in range(5):
        pair = [tenant.key, f"pk_live_{number:040x}"]
        bearer, header = reversed(pair) if number % 2 else pair
        statuses.append(by_key.get(path, key=bearer, headers={"X-API-Key": header}).status_code)
    assert statuses == [200, 200, 200, 429, 429]


def test_an_invented_key_beside_a_live_one_costs_a_failure(run_server: RunServer, tenant: Tenant) -> None:
    """S61: guessing under the cover of a live key is counted; the live key itself goes on."""
    path = f"/workflows/{tenant.workflow().pk}"
    with run_server(EXTERNAL_API_AUTH_FAILURE_LIMIT="3/minute") as server:
        for _ in range(4):
            assert server.get(path, key=UNKNOWN, headers={"X-API-Key": tenant.key}).status_code == 200
        assert_limited(server.get(path, key=UNKNOWN))
        assert server.get(path, key=tenant.key).status_code == 200


def test_open_paths_are_no_place_to_guess_keys(by_address: Server) -> None:
    """S59, S60: a new invented key for each request is no new bucket."""
    headers = come_from("198.51.100.11")
    statuses = [by_address.get("/health", headers=headers, key=f"pk_live_{n:040x}").status_code for n in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_failing_keys_do_not_close_the_sign_in_page(run_server: RunServer, tenant: Tenant) -> None:
    """S30, S61: somebody's dead key at the same address leaves the organization's people alone."""
    with run_server(EXTERNAL_API_AUTH_FAILURE_LIMIT="3/minute") as server:
        for _ in range(3):
            assert server.get("/workflows/1", key=UNKNOWN).status_code == 401
        assert_limited(server.get("/workflows/1", key=UNKNOWN))
        assert Visitor(server).sign_in(tenant.admin).status_code == 302


def test_a_revoked_key_is_not_let_through(run_server: RunServer, tenant: Tenant) -> None:
    """S29, S61: having worked before opens no door."""
    path = f"/workflows/{tenant.workflow().pk}"
    with run_server(EXTERNAL_API_AUTH_FAILURE_LIMIT="100/minute") as server:
        assert server.get(path, key=tenant.key).status_code == 200
        tenant.api_key.revoked_at = tenant.api_key.created_at
        tenant.api_key.save()
        assert error_of(server.get(path, key=tenant.key))[:2] == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("proxies", "header", "same"),
    [
        ("", "192.0.2.{}", True),
        ("127.0.0.1", "192.0.2.{}", False),
        ("127.0.0.1", "192.0.2.{}, 198.51.100.1", True),
        ("127.0.0.1,198.51.100.0/24", "192.0.2.{}, 198.51.100.1", False),
        ("127.0.0.1,198.51.100.0/24", "192.0.2.{}, garbage, 198.51.100.1", True),
        ("127.0.0.1", "2001:db8::{}", True),
        ("127.0.0.1", "2001:db8:0:{}::1", False),
        ("127.0.0.1", "::ffff:192.0.2.{}", False),
    ],
)
def test_only_trusted_proxies_say_where_a_request_comes_from(
    run_server: RunServer, proxies: str, header: str, same: bool
) -> None:
    """S59: whether two requests with different headers share a bucket."""
    with run_server(EXTERNAL_API_IP_LIMIT="2/minute", TRUSTED_PROXIES=proxies) as server:
        # The start was watched without a header.
        statuses = [server.get("/health", headers=come_from(header.format(n))).status_code for n in (11, 12, 13)]
    assert (429 in statuses) == same


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("EXTERNAL_API_KEY_LIMIT", "lots", "EXTERNAL_API_KEY_LIMIT must be a limit such as 600/minute."),
        ("EXTERNAL_API_IP_LIMIT", "0/minute", "EXTERNAL_API_IP_LIMIT must allow at least 1 request."),
        ("EXTERNAL_API_AUTH_FAILURE_LIMIT", "5/fortnight", "EXTERNAL_API_AUTH_FAILURE_LIMIT must be a limit such as"),
        ("CACHE_URL", "memcached://x", "CACHE_URL must be a Redis URL"),
        ("TRUSTED_PROXIES", "proxy.example", "TRUSTED_PROXIES must be addresses or networks"),
    ],
)
def test_a_bad_setting_stops_the_start_with_a_sentence(
    run_server: RunServer, name: str, value: str, sentence: str
) -> None:
    """S65: limits are settings."""
    with pytest.raises(AssertionError, match="did not start") as stopped, run_server(**{name: value}):
        pass
    assert sentence in str(stopped.value)


def test_without_the_shared_counters_a_process_counts_for_itself(run_server: RunServer, tenant: Tenant) -> None:
    """S57, S59: it answers all the same, and says in one line why it counts alone."""
    with run_server(CACHE_URL="redis://127.0.0.1:1/0", EXTERNAL_API_KEY_LIMIT="2/minute") as server:
        path = f"/workflows/{tenant.workflow().pk}"
        assert [server.get(path, key=tenant.key).status_code for _ in range(3)] == [200, 200, 429]
        assert error_of(server.get(path))[:2] == (401, "missing_api_key")
        assert server.output().count("Redis does not answer") == 1
