"""The connections of this process to the API, and the record of whether it answered lately."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings

from pipelines_portal.api_client import Bulkhead, Transport

# A year.
MOST_SECONDS_AHEAD = 365 * 86_400


@cache
def _bulkhead(most_waiting: int) -> Bulkhead:
    return Bulkhead(most_waiting)


@cache
def transport_to(base_url: str, timeout: float, most_waiting: int) -> Transport:
    return Transport(base_url, timeout, bulkhead=_bulkhead(most_waiting))


_stand_in: Any = None


@contextmanager
def standing_in(stand_in: Any) -> Iterator[None]:
    """Let this process call something else than the API, such as what the demo recorded of it."""
    global _stand_in
    _stand_in = stand_in
    try:
        yield
    finally:
        _stand_in = None


def transport() -> Transport:
    """Return the pool for this process. At most half of the web threads wait in it at once.

    The worker sends one request at a time, so the limit never applies to it.
    """
    if _stand_in:
        stand_in: Transport = _stand_in
        return stand_in
    return transport_to(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS, _most_waiting())


def clock_ahead() -> timedelta:
    """Return how far the clock of Pipelines is ahead of ours, by its last response to this process.

    0 if it is behind, or not known; also if it is years ahead, which no clock is.
    """
    offset = transport().clock_offset or 0
    return timedelta(seconds=offset) if 0 < offset < MOST_SECONDS_AHEAD else timedelta()


def is_silent() -> bool:
    """Return whether Pipelines did not answer lately."""
    return transport().state not in ("", "up")


def transport_for_check() -> Transport:
    """Return a connection that also calls an API that did not answer lately. Its calls count towards the limit."""
    return Transport(settings.PIPELINES_API_URL, settings.API_TIMEOUT_SECONDS, bulkhead=_bulkhead(_most_waiting()))


def _most_waiting() -> int:
    return max(settings.WEB_THREADS // 2, 1)
