"""A bound for what a page works out while a person waits: a second, and one such page at a time for each person."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TypeVar

SECONDS = 1.0
Step = TypeVar("Step")
# In this process: its threads are what the bound protects.
_at_work: set[int] = set()
_lock = Lock()


class OutOfTime(Exception):
    """The person has waited long enough: somebody else does the work."""


class TimeBudget:
    """How long a piece of work may take, by a clock that never jumps. Without `seconds`: as long as it takes."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.seconds = seconds
        self._end = monotonic() + seconds

    def check(self) -> None:
        """Call between two steps of the work. Raise OutOfTime when nothing is left."""
        if monotonic() >= self._end:
            raise OutOfTime


def within(budget: TimeBudget, steps: Iterable[Step]) -> Iterator[Step]:
    """The steps of a piece of work: the first in any case, each other one if there is time. Raise OutOfTime."""
    for number, step in enumerate(steps):
        if number:
            budget.check()
        yield step


@contextmanager
def page_budget(person: int) -> Iterator[TimeBudget]:
    """The budget of a page for the person with this primary key. Raise OutOfTime while another page works for them."""
    with _lock:
        if person in _at_work:
            raise OutOfTime
        _at_work.add(person)
    try:
        yield TimeBudget(SECONDS)
    finally:
        with _lock:
            _at_work.discard(person)
