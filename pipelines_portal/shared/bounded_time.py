"""Asks somebody who may not answer, for a bounded time, and never twice at once."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

from django.db import connections

from pipelines_portal.shared.locked_database import plain_cause

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

    def plain_cause(self) -> str:
        """Why there was none, of one that was waited for; "" where only the log says it."""
        return plain_cause(self.future.exception()) if self.future.done() else ""


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
            told = plain_cause(error).rstrip(".") or type(error).__name__
            logger.warning("The question after %s failed (%s)", self._name, told)
            asking.future.set_exception(error)
        else:
            asking.future.set_result(answer)
        finally:
            connections.close_all()
