"""What the limits keep in memory, in this process: over HTTP it cannot be seen."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory
from limits import parse

from pipelines_portal.external_api import rate_limits

FLOOD = 1500


@pytest.fixture
def one_a_second(settings: Any) -> Iterator[None]:
    """A limiter of this test's own, and a window that is soon over."""
    settings.EXTERNAL_API_KEY_LIMIT = parse("1/second")
    rate_limits._limiter.cache_clear()
    yield
    rate_limits._limiter.cache_clear()


def come_with_key(number: int) -> int:
    headers = {"X-API-Key": f"pk_live_{number:040x}"}
    return rate_limits.seconds_to_wait(RequestFactory().get("/api/v1/health", headers=headers))


def test_invented_keys_do_not_fill_the_memory(one_a_second: None) -> None:
    """S57, S58: a flood of keys leaves nothing once their window has passed."""
    assert not any(come_with_key(number) for number in range(FLOOD))
    assert come_with_key(FLOOD - 1) == 1
    time.sleep(1.2)
    come_with_key(FLOOD)
    time.sleep(0.2)
    come_with_key(FLOOD)
    assert len(rate_limits._limiter().storage.events) <= 2
