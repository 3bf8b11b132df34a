"""The orderly end of a worker after SIGTERM: long work checks `is_stopping` between two steps and leaves the rest."""

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType

logger = logging.getLogger(__name__)
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
# A thread that was woken wakes the next one. An Event would deadlock if the signal came while this thread waits for it.
_woken = SimpleQueue[None]()
_stop_requested_at = 0.0


def handle_signals() -> None:
    """Let signals only request a stop: they raise nothing and interrupt nothing. Call this before any work starts."""
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    threading.Thread(target=_watch_signals, args=[source], name="signals", daemon=True).start()
    for number in SIGNALS:
        signal.signal(number, handle_signal)


def _watch_signals(source: int) -> None:
    """Request a stop at once. The handler runs only when the main thread returns from SQLite, up to 20 s later."""
    while number := os.read(source, 1):
        if number[0] in SIGNALS:
            request_stop()


def handle_signal(number: int, frame: FrameType | None) -> None:
    """Request a stop, and restore the default handlers, so that a second signal ends the process at once."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    request_stop()
    with suppress(RuntimeError):  # the signal came while this thread was writing a log line
        logger.info("Stopping after %s", signal.Signals(number).name)


def request_stop() -> None:
    global _stop_requested_at
    _stop_requested_at = _stop_requested_at or time.monotonic()
    _woken.put(None)


def is_stopping() -> bool:
    return bool(_stop_requested_at)


def stop_requested_at() -> float:
    """Return the time of the request by `time.monotonic`, or 0: the time limit for ending counts from it."""
    return _stop_requested_at


def sleep(seconds: float) -> None:
    """Sleep, but return early when a stop is requested."""
    with suppress(Empty):
        _woken.put(_woken.get(timeout=seconds))
