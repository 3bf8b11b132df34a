"""The memory that the rate limits use."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory
from limits import parse

from pipelines_portal.external_api.organizations import rate_limits
from pipelines_portal.external_api.organizations.rate_limits import counters

FLOOD = 1500


def buckets() -> dict[str, Any]:
    return counters().memory.events


@pytest.fixture
def one_a_second(db: None, settings: Any) -> Iterator[None]:
    """Empty counters, and a window that is over soon."""
    settings.EXTERNAL_API_IP_LIMIT = parse("1/second")
    counters.cache_clear()
    yield
    counters.cache_clear()


def seconds_to_wait(number: int, key: str = "") -> int:
    address = f"10.0.{number // 256}.{number % 256}"
    headers = {"X-API-Key": key} if key else {}
    return rate_limits.seconds_to_wait(RequestFactory().get("/api/v1/health", headers=headers, REMOTE_ADDR=address))


def test_many_addresses_do_not_fill_the_memory(one_a_second: None) -> None:
    """S57, S58: the buckets of many addresses are removed once their window has passed."""
    assert not any(seconds_to_wait(number) for number in range(FLOOD))
    assert seconds_to_wait(FLOOD - 1) == 1
    time.sleep(1.2)
    given_up = time.monotonic() + 20
    while len(buckets()) > 2:  # a thread of the library removes them
        assert time.monotonic() < given_up, len(buckets())
        seconds_to_wait(FLOOD)
        time.sleep(0.05)


def test_invented_keys_have_no_bucket(one_a_second: None, settings: Any) -> None:
    """S57, S59: a client that invents a key for each request is counted by its address, in one bucket."""
    settings.EXTERNAL_API_IP_LIMIT = parse("1/hour")
    waits = [seconds_to_wait(1, f"pk_live_{number:040x}") for number in range(20)]
    assert (waits[0], all(waits[1:])) == (0, True)
    assert len(buckets()) == 1
