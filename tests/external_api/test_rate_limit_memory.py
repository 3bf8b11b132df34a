"""What the limits keep in memory, in this process: over HTTP it cannot be seen."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory
from limits import parse

from pipelines_portal.external_api.organizations import rate_limits
from pipelines_portal.external_api.organizations.counters import counters


def kept() -> dict[str, Any]:
    """What the limiter's memory holds."""
    return counters().memory.events


FLOOD = 1500


@pytest.fixture
def one_a_second(settings: Any) -> Iterator[None]:
    """A limiter of this test's own, and a window that is soon over."""
    settings.EXTERNAL_API_IP_LIMIT = parse("1/second")
    counters.cache_clear()
    yield
    counters.cache_clear()


def come_from(number: int, key: str = "") -> int:
    address = f"10.0.{number // 256}.{number % 256}"
    headers = {"X-API-Key": key} if key else {}
    return rate_limits.seconds_to_wait(RequestFactory().get("/api/v1/health", headers=headers, REMOTE_ADDR=address))


def test_strangers_do_not_fill_the_memory(one_a_second: None) -> None:
    """S57, S58: a flood of addresses leaves nothing once their window has passed."""
    assert not any(come_from(number) for number in range(FLOOD))
    assert come_from(FLOOD - 1) == 1
    time.sleep(1.2)
    come_from(FLOOD)
    time.sleep(0.2)
    come_from(FLOOD)
    assert len(kept()) <= 2


def test_invented_keys_have_no_bucket(one_a_second: None, settings: Any) -> None:
    """S57, S59: whoever invents a key for each request is counted by address, and keeps one bucket."""
    settings.EXTERNAL_API_IP_LIMIT = parse("1/hour")
    waits = [come_from(1, f"pk_live_{number:040x}") for number in range(20)]
    assert (waits[0], all(waits[1:])) == (0, True)
    assert len(kept()) == 1
