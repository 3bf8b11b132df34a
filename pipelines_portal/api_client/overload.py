"""A bulkhead and a circuit breaker, so that a slow or silent API does not block the whole program."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines_portal.api_client.errors import ConnectionFailed, NotSent

SLOW = "Pipelines is slow."
SILENT = "Pipelines isn’t responding."


class Bulkhead:
    """Limits the calls that wait for the API at once to `places`.

    A call waits for a place for up to `patience` seconds. Once half of the places have been occupied for longer, calls
    are refused at once, because their threads are needed for pages that do not call the API.
    """

    def __init__(self, places: int, patience: float = 1.0) -> None:
        self._places, self._patience = places, patience
        self._taken: dict[object, float] = {}
        self._changed = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Occupy a place during the block. Raise NotSent if there is none."""
        mine = object()
        with self._changed:
            self._changed.wait_for(lambda: self._has_room() or self._is_slow(), self._patience)
            if not self._has_room():
                raise NotSent(SLOW, retry_after=2)
            self._taken[mine] = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                del self._taken[mine]
                self._changed.notify()

    def _has_room(self) -> bool:
        return len(self._taken) < self._places

    def _is_slow(self) -> bool:
        long_ago = time.monotonic() - self._patience
        return 2 * sum(since < long_ago for since in self._taken.values()) >= self._places


class CircuitBreaker:
    """Opens after some time-outs in a row. Then it admits one call every `pause` seconds until one gets a response.

    Any response closes it, even an error, and so does a failure without a time-out. From the first time-out until it
    opens, a read waits for `doubt` seconds at most, because a page may make several of them.
    """

    def __init__(self, failures: int = 3, pause: float = 5.0, doubt: float = 2.0) -> None:
        self._limit, self._pause, self._doubt = failures, pause, doubt
        self._failures = 0
        self._opened_until = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Guard the call in the block. Raise NotSent while open."""
        with self._lock:
            self._require_closed(time.monotonic())
        try:
            yield
        except ConnectionFailed as error:
            self._count(timed_out=error.timed_out)
            raise
        except Exception:
            self._count(timed_out=False)
            raise
        self._count(timed_out=False)

    def patience(self, seconds: float) -> float:
        """Return for how many of the usual `seconds` a call that only reads waits now."""
        return min(seconds, self._doubt) if 0 < self._failures < self._limit else seconds

    def _require_closed(self, now: float) -> None:
        if self._failures < self._limit:
            return
        if now < self._opened_until:
            raise NotSent(SILENT, retry_after=round(self._opened_until - now) + 1)
        self._opened_until = now + self._pause

    def _count(self, *, timed_out: bool) -> None:
        with self._lock:
            self._failures = self._failures + 1 if timed_out else 0
            self._opened_until = time.monotonic() + self._pause
