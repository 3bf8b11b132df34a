"""Memory that a program no longer uses goes back to the machine: the C library would keep much of it for later.

All of it is for glibc, and does nothing elsewhere.
"""

import ctypes
import gc
import threading
from typing import Any

# glibc's own names, of malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# A block so large is a mapping of its own, gone as soon as it is free. Left alone, the bound grows with what was freed.
OWN_MAPPING = 128 * 1024
# Threads that come and go otherwise leave a heap each behind.
HEAPS = 2
# What was read is still used for a moment: a page is made of it.
SOON_SECONDS = 2.0
# To look through what is free takes a millisecond or two.
SECONDS_BETWEEN_TRIMS = 15.0

_due = threading.Lock()


def keep_little() -> None:
    """To be called before a program begins threads. Forks keep to it."""
    if mallopt := _glibc("mallopt"):
        for option, value in (
            (M_ARENA_MAX, HEAPS),
            (M_MMAP_THRESHOLD, OWN_MAPPING),
            (M_TRIM_THRESHOLD, OWN_MAPPING),
        ):
            mallopt(option, value)


def give_back_soon() -> None:
    """After something large was used: whatever is free a moment later. The call itself takes no time."""
    if _due.acquire(blocking=False):
        timer = threading.Timer(SOON_SECONDS, _give_back)
        timer.daemon = True
        timer.start()


def give_back_now_and_then() -> None:
    """From now on, in a thread of its own: what many small things left behind that came and went."""
    threading.Thread(target=_trim_for_ever, name="memory", daemon=True).start()


def _trim_for_ever() -> None:
    never = threading.Event()
    while not never.wait(SECONDS_BETWEEN_TRIMS):
        _trim()


def _give_back() -> None:
    """Python's own lists of what it may use again hold on to a megabyte each: a whole collection empties them."""
    _due.release()
    gc.collect()
    _trim()


def _trim() -> None:
    if trim := _glibc("malloc_trim"):
        trim(0)


def _glibc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None)
