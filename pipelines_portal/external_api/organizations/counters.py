"""Where requests are counted: in Redis for all processes, in this one's memory without one, and while it is away."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TypeVar

from django.conf import settings
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
# So long Redis is left alone once it did not answer; then one request tries it, and the others do not wait for that.
AWAY_SECONDS = 5.0
PATIENCE_SECONDS = 0.5
MEMORY_BUCKETS = 1000
AWAY = "Redis does not answer (%s): limits are counted by each process alone until it does"
BACK = "Redis answers again: limits are counted for all processes together"


class Counters:
    """Without Redis' count each process allows as much as all together may: better open than shut."""

    def __init__(self, url: str) -> None:
        self.memory = MemoryStorage()
        self._here = MovingWindowRateLimiter(self.memory)
        self._shared = _of_redis(url) if url else None
        self._lock = threading.Lock()
        self._is_away = False
        self._next_try = 0.0

    def count(self, ask: Callable[[MovingWindowRateLimiter], Result]) -> Result:
        if self._shared and self._may_try():
            try:
                result = ask(self._shared)
            except StorageError as error:
                self._note(error)
            else:
                self._note(None)
                return result
        return self._count_here(ask)

    def answer(self) -> bool:
        """Whether those that all processes share, where there are any, can be asked."""
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

    def _note(self, error: StorageError | None) -> None:
        """Said once when it goes, and once when it comes back."""
        if self._is_away == (error is not None):
            return
        with self._lock:
            self._next_try = time.monotonic() + AWAY_SECONDS
            was_away, self._is_away = self._is_away, error is not None
        if was_away != self._is_away:
            logger.warning(AWAY, error) if error else logger.warning(BACK)

    def _count_here(self, ask: Callable[[MovingWindowRateLimiter], Result]) -> Result:
        self._forget_idle_buckets()
        with suppress(KeyError):  # another thread forgot the bucket in the middle of it
            return ask(self._here)
        return ask(self._here)

    def _forget_idle_buckets(self) -> None:
        """The library keeps an empty list for every bucket it ever saw; invented keys must not fill the memory."""
        events = self.memory.events
        if len(events) > MEMORY_BUCKETS:
            for name, hits in list(events.items()):
                if not hits:
                    events.pop(name, None)


def _of_redis(url: str) -> MovingWindowRateLimiter:
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    return MovingWindowRateLimiter(storage_from_string(url, wrap_exceptions=True, **patience))


@cache
def counters() -> Counters:
    """Of this process."""
    return Counters(settings.CACHE_URL)
