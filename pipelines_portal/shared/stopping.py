"""Whether this program was told to end: what takes long looks between two pieces of work, and leaves the rest."""

import logging
import signal
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType

logger = logging.getLogger(__name__)
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
# Whoever was woken wakes the next. An Event may not be set by a signal that comes amid this thread's own wait for it.
_woken = SimpleQueue[None]()
_is_told = False


def listen() -> None:
    """From now on a signal raises nothing, and cuts nothing off. To be called before anything is begun."""
    for number in SIGNALS:
        signal.signal(number, hear)


def hear(number: int, frame: FrameType | None) -> None:
    """A signal's handler. Told a second time, the program ends at once, by the signal's own default."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    stop()
    with suppress(RuntimeError):  # it came amid a line that this thread writes
        logger.info("Told to end (%s)", signal.Signals(number).name)


def stop() -> None:
    global _is_told
    _is_told = True
    _woken.put(None)


def is_stopping() -> bool:
    return _is_told


def rest(seconds: float) -> None:
    """As `time.sleep`, until it is told."""
    with suppress(Empty):
        _woken.put(_woken.get(timeout=seconds))
