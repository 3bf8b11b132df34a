"""Asks somebody who may not answer, for a bounded time, and never twice at once."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

from django.db import connections

Answer = TypeVar("Answer")
Other = TypeVar("Other")
logger = logging.getLogger(__name__)


class Asking(Generic[Answer]):
    """A question on its way."""

    def __init__(self) -> None:
        self.future: Future[Answer] = Future()

    def wait(self, seconds: float, otherwise: Other) -> Answer | Other:
        """The answer, or `otherwise` when there is none by then."""
        try:
            return self.future.result(seconds)
        except Exception:
            return otherwise


class Bounded(Generic[Answer]):
    """`ask` runs in a thread of its own. Who asks while an earlier one hangs waits for that one's answer."""

    def __init__(self, name: str, ask: Callable[[], Answer]) -> None:
        self._name, self._ask = name, ask
        self._lock = Lock()
        self._last: Asking[Answer] | None = None

    def begin(self) -> Asking[Answer]:
        with self._lock:
            if self._last is None or self._last.future.done():
                self._last = Asking()
                Thread(target=self._run, args=[self._last], name="asking", daemon=True).start()
            return self._last

    def _run(self, asking: Asking[Answer]) -> None:
        try:
            answer = self._ask()
        except Exception as error:
            # The error's own words may hold an address or a password.
            logger.warning("The question after %s failed (%s)", self._name, type(error).__name__)
            asking.future.set_exception(error)
        else:
            asking.future.set_result(answer)
        finally:
            connections.close_all()
