"""Three buckets: per key, per address without a key, and per address for failed authentication."""

import logging
import math
import time
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from pipelines_portal.external_api.key_headers import KEY_PATTERN, presented_keys
from pipelines_portal.external_api.organization_keys.keys import hash_key
from pipelines_portal.http.client_address import client_address

logger = logging.getLogger(__name__)

OPEN_PATHS = {f"/api/v1/{name}" for name in ("health", "docs", "redoc", "openapi.json")}
# How long a key that was accepted counts as no guess.
PROVEN_SECONDS = 3600
MEMORY_BUCKETS = 1000
# Redis returns moments rounded to a tenth of a millisecond.
ROUNDING = 0.0001


def seconds_to_wait(request: HttpRequest) -> int:
    """Count this request; 0 when it may go on, else for how many seconds it must not come again."""
    try:
        _forget_idle_buckets()
        return _shut_out(request) or _count(request)
    except (StorageError, KeyError) as error:
        # Without the counters the API is better open than shut.
        logger.warning("Rate limits are not counted: %s", error)
        return 0


def _shut_out(request: HttpRequest) -> int:
    return 0 if request.path in OPEN_PATHS or _is_proven(_first_key(request)) else locked_out(request)


def locked_out(request: HttpRequest) -> int:
    """For how many seconds this address must not try again, after too many failures; 0 when it may."""
    limit, bucket = settings.EXTERNAL_API_AUTH_FAILURE_LIMIT, ("auth-failure", client_address(request))
    try:
        return 0 if _limiter().test(limit, *bucket) else _wait(limit, *bucket)
    except StorageError as error:
        logger.warning("Failed authentication is not limited: %s", error)
        return 0


def _count(request: HttpRequest) -> int:
    key = _first_key(request)
    if key:
        return _spend(settings.EXTERNAL_API_KEY_LIMIT, "key", key)
    return _spend(settings.EXTERNAL_API_IP_LIMIT, "address", client_address(request))


def count_failure(request: HttpRequest) -> None:
    """Feed the bucket of failed authentication."""
    try:
        _limiter().hit(settings.EXTERNAL_API_AUTH_FAILURE_LIMIT, "auth-failure", client_address(request))
    except (StorageError, KeyError) as error:
        logger.warning("A failed authentication is not counted: %s", error)


def remember_accepted(key: str) -> None:
    """A (hashed) key that was accepted stays usable while someone else at the same address guesses keys."""
    try:
        if not _is_proven(key):
            _limiter().storage.incr(f"proven/{key}", PROVEN_SECONDS)
    except StorageError as error:
        logger.warning("An accepted key is not remembered: %s", error)


def _is_proven(key: str | None) -> bool:
    return key is not None and _limiter().storage.get(f"proven/{key}") > 0


def _first_key(request: HttpRequest) -> str | None:
    """The first well-formed key, hashed. Whether it lives is not asked here: that would cost a query."""
    return next((hash_key(text) for text in presented_keys(request) if KEY_PATTERN.fullmatch(text)), None)


def _spend(limit: RateLimitItem, *bucket: str) -> int:
    return 0 if _limiter().hit(limit, *bucket) else _wait(limit, *bucket)


def _wait(limit: RateLimitItem, *bucket: str) -> int:
    """Until the oldest hit leaves the window, and with it the bucket has room again."""
    reset_at = _limiter().get_window_stats(limit, *bucket).reset_time
    wait = math.ceil(reset_at - time.time() + ROUNDING)
    return max(1, min(wait, limit.get_expiry()))


@cache
def _limiter() -> MovingWindowRateLimiter:
    options = {"socket_timeout": 2, "socket_connect_timeout": 2} if settings.CACHE_URL else {}
    storage = storage_from_string(settings.CACHE_URL or "memory://", wrap_exceptions=True, **options)
    return MovingWindowRateLimiter(storage)


def _forget_idle_buckets() -> None:
    """The library keeps an empty list for every bucket it ever saw; invented keys must not fill the memory."""
    storage = _limiter().storage
    if isinstance(storage, MemoryStorage) and len(storage.events) > MEMORY_BUCKETS:
        for name, hits in list(storage.events.items()):
            if not hits:
                storage.events.pop(name, None)
