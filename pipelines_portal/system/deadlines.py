"""An upper limit for the time of a call whose own timeouts only count from one packet to the next."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """Return the result of `call`, or raise its error. Raises TimeoutError after `seconds`, and lets it end unheard.

    `call` runs in a thread of its own, so it must not use the database.
    """
    results: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put(call())
        except BaseException as error:
            results.put(error)

    threading.Thread(target=run, name="deadline", daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, BaseException):
        raise result
    return result
