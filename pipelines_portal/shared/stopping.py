"""Whether this program was told to end: what takes long looks between two pieces of work, and leaves the rest."""

import threading

_told = threading.Event()


def stop() -> None:
    _told.set()


def is_stopping() -> bool:
    return _told.is_set()


def rest(seconds: float) -> None:
    """As `time.sleep`, until it is told."""
    _told.wait(seconds)
