"""What keeps a slow or silent API from taking the whole program with it: a bulkhead and a circuit breaker."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import ConnectionFailed, NotAsked

SLOW = "The API answers slowly just now, so it was not asked once more."
SILENT = "The API has not answered lately, so it was not asked again yet."


class Bulkhead:
    """At most `places` calls wait for the API at once.

    While answers come, the next call waits its turn for a moment. Once half of the places are held for longer than
    `patience` seconds it is turned away at once: its thread is wanted for pages that need no API.
    """

    def __init__(self, places: int, patience: float = 1.0) -> None:
        self._places, self._patience = places, patience
        self._held: dict[object, float] = {}
        self._changed = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Raises NotAsked when there is none."""
        mine = object()
        with self._changed:
            self._wait_for_a_place()
            self._held[mine] = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                del self._held[mine]
                self._changed.notify()

    def _wait_for_a_place(self) -> None:
        give_up = time.monotonic() + self._patience
        while len(self._held) >= self._places:
            now = time.monotonic()
            if now >= give_up or self._is_slow(now):
                raise NotAsked(SLOW, retry_after=2)
            self._changed.wait(self._patience / 20)

    def _is_slow(self, now: float) -> bool:
        waiting = [since for since in self._held.values() if now - since > self._patience]
        return 2 * len(waiting) >= self._places


class CircuitBreaker:
    """After so many time-outs in a row no call is let through for `pause` seconds; then one, and by it the rest.

    Any answer closes it, an error too, and so does a failure that came at once: those hold nobody up.
    """

    def __init__(self, failures: int = 3, pause: float = 5.0) -> None:
        self._limit, self._pause = failures, pause
        self._failures = 0
        self._opened_until = 0.0
        self._probing = False
        self._lock = threading.Lock()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around a call; the lock is not held during it. Raises NotAsked while open."""
        probe = self._let_through()
        answered = False
        try:
            yield
            answered = True
        except ConnectionFailed as error:
            answered = not error.timed_out
            raise
        except Exception:
            answered = True
            raise
        finally:
            self._note(answered, probe)

    def _let_through(self) -> bool:
        """Whether the call is the probe that decides for all."""
        with self._lock:
            if self._failures < self._limit:
                return False
            wait = self._opened_until - time.monotonic()
            if self._probing or wait > 0:
                raise NotAsked(SILENT, retry_after=max(round(wait), 1) + 1)
            self._probing = True
            return True

    def _note(self, answered: bool, probe: bool) -> None:
        with self._lock:
            self._failures = 0 if answered else self._failures + 1
            self._opened_until = time.monotonic() + self._pause
            if probe:
                self._probing = False
