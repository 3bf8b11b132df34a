"""Rate limits by key, by address without a key, and by address for failed authentication.

Redis counts for all processes. Without Redis, or while it does not answer, each process counts in its own memory.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from pipelines_portal.core.http.client_address import client_address
from pipelines_portal.core.metrics import CALLERS_HELD
from pipelines_portal.external_api.http.errors import API_PREFIX, too_many_requests
from pipelines_portal.external_api.organizations.presented_keys import authenticating_key, presents_a_dead_key

View = Callable[[HttpRequest], HttpResponse]
OPEN_PATHS = {f"{API_PREFIX}{name}" for name in ("health", "docs", "redoc", "openapi.json")}
KEY_FAILURE = "auth-failure"
# Redis rounds times to a tenth of a millisecond.
ROUNDING = 0.0001


class RateLimitMiddleware:
    """Answer 429 if the limit of the caller is used up, before the request is processed.

    Responses to a live key say how many requests are left, and in how many seconds the oldest one is forgotten.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response
        # Load the library now: the first concurrent requests would find it half loaded.
        counters()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX):
            return self.get_response(request)
        wait, key = seconds_to_wait(request), authenticating_key(request)
        if wait:
            CALLERS_HELD.labels("key" if key else "address").inc()
        response = too_many_requests(wait) if wait else self.get_response(request)
        if key:
            _add_what_is_left(response, key.sha256)
        return response


def _add_what_is_left(response: HttpResponse, key: str) -> None:
    limit = settings.EXTERNAL_API_KEY_LIMIT
    stats = counters().count(lambda limiter: limiter.get_window_stats(limit, "key", key))
    response["RateLimit-Limit"] = str(limit.amount)
    response["RateLimit-Remaining"] = str(stats.remaining)
    response["RateLimit-Reset"] = str(max(1, math.ceil(stats.reset_time - time.time())))


def seconds_to_wait(request: HttpRequest) -> int:
    """Count this request and return 0, or the seconds that the caller has to wait.

    Requests with a live key are counted by key and never refused for failed authentication. All others are counted by
    address.
    """
    key = authenticating_key(request)
    if key is None:
        return _lockout_seconds(request) or _spend(settings.EXTERNAL_API_IP_LIMIT, "address", client_address(request))
    if presents_a_dead_key(request):
        count_key_failure(request)
    return _spend(settings.EXTERNAL_API_KEY_LIMIT, "key", key.sha256)


def _lockout_seconds(request: HttpRequest) -> int:
    """Return the seconds for which this address may not try keys, after too many failures."""
    if request.path in OPEN_PATHS:
        return 0
    bucket = (KEY_FAILURE, client_address(request))
    limit = settings.EXTERNAL_API_AUTH_FAILURE_LIMIT
    return 0 if counters().count(lambda limiter: limiter.test(limit, *bucket)) else _wait(limit, *bucket)


def count_key_failure(request: HttpRequest) -> None:
    """Count a key that is missing or not live."""
    limit, bucket = settings.EXTERNAL_API_AUTH_FAILURE_LIMIT, (KEY_FAILURE, client_address(request))
    counters().count(lambda limiter: limiter.hit(limit, *bucket))


def _spend(limit: RateLimitItem, *bucket: str) -> int:
    return 0 if counters().count(lambda limiter: limiter.hit(limit, *bucket)) else _wait(limit, *bucket)


def _wait(limit: RateLimitItem, *bucket: str) -> int:
    """Return the seconds until the oldest hit leaves the window."""
    reset_at = counters().count(lambda limiter: limiter.get_window_stats(limit, *bucket)).reset_time
    wait = math.ceil(reset_at - time.time() + ROUNDING)
    return max(1, min(wait, limit.get_expiry()))


def counters_answer() -> bool:
    """Return whether the storage of the counters answers."""
    return counters().answer()


logger = logging.getLogger(__name__)

Result = TypeVar("Result")
# How long Redis is not asked after it failed to answer. Then one request tries, and the others do not wait.
AWAY_SECONDS = 5.0
PATIENCE_SECONDS = 0.5
MEMORY_BUCKETS = 1000
# How often, at most, the empty ones are looked for.
TIDY_SECONDS = 5.0
AWAY = "Redis does not answer (%s): limits are counted by each process alone until it does"
BACK = "Redis answers again: limits are counted for all processes together"


class Counters:
    """Counts of requests. Without Redis each process allows as much as all together may."""

    def __init__(self, url: str) -> None:
        self.memory = MemoryStorage()
        self._here = MovingWindowRateLimiter(self.memory)
        self._shared = _redis_limiter(url) if url else None
        self._lock = threading.Lock()
        self._is_away = False
        self._next_try = self._next_tidying = 0.0

    def count(self, ask: Callable[[MovingWindowRateLimiter], Result]) -> Result:
        if self._shared and self._may_try():
            try:
                result = ask(self._shared)
            except StorageError as error:
                self._note_answer(error)
            else:
                self._note_answer(None)
                return result
        return self._count_here(ask)

    def answer(self) -> bool:
        """Return whether Redis answers, or True if none is configured."""
        return bool(self._shared.storage.check()) if self._shared else True

    def _may_try(self) -> bool:
        if not self._is_away:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._next_try:
                return False
            self._next_try = now + AWAY_SECONDS
            return True

    def _note_answer(self, error: StorageError | None) -> None:
        """Log once when Redis fails and once when it answers again."""
        if self._is_away == (error is not None):
            return
        with self._lock:
            self._next_try = time.monotonic() + AWAY_SECONDS
            was_away, self._is_away = self._is_away, error is not None
        if was_away != self._is_away:
            logger.warning(AWAY, error) if error else logger.warning(BACK)

    def _count_here(self, ask: Callable[[MovingWindowRateLimiter], Result]) -> Result:
        self._remove_idle_buckets()
        with suppress(KeyError):  # another thread removed the bucket at this moment
            return ask(self._here)
        return ask(self._here)

    def _remove_idle_buckets(self) -> None:
        """Remove empty buckets, which the library keeps: invented keys must not fill the memory."""
        events, now = self.memory.events, time.monotonic()
        if len(events) > MEMORY_BUCKETS and now >= self._next_tidying:
            self._next_tidying = now + TIDY_SECONDS  # else each of many requests would look through all
            for name, hits in list(events.items()):
                if not hits:
                    events.pop(name, None)


def _redis_limiter(url: str) -> MovingWindowRateLimiter:
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    return MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True, **patience))


@cache
def counters() -> Counters:
    """Return the counters of this process."""
    return Counters(settings.CACHE_URL)
