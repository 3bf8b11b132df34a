"""Whether this program was told to end: what takes long looks between two pieces of work, and leaves the rest."""

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
# Whoever was woken wakes the next. An Event may not be set by a signal that comes amid this thread's own wait for it.
_woken = SimpleQueue[None]()
_told_at = 0.0


def listen() -> None:
    """From now on a signal raises nothing, and cuts nothing off. To be called before anything is begun."""
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    threading.Thread(target=_hear_at_once, args=[source], name="told", daemon=True).start()
    for number in SIGNALS:
        signal.signal(number, hear)


def _hear_at_once(source: int) -> None:
    """A handler is called when the main thread comes back from SQLite, which may wait 20 s for a lock."""
    while number := os.read(source, 1):
        if number[0] in SIGNALS:
            stop()


def hear(number: int, frame: FrameType | None) -> None:
    """A signal's handler. Told a second time, the program ends at once, by the signal's own default."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    stop()
    with suppress(RuntimeError):  # it came amid a line that this thread writes
        logger.info("Told to end (%s)", signal.Signals(number).name)


def stop() -> None:
    global _told_at
    _told_at = _told_at or time.monotonic()
    _woken.put(None)


def is_stopping() -> bool:
    return bool(_told_at)


def told_at() -> float:
    """By `time.monotonic`: whoever told it waits from then on."""
    return _told_at


def rest(seconds: float) -> None:
    """As `time.sleep`, until it is told."""
    with suppress(Empty):
        _woken.put(_woken.get(timeout=seconds))
