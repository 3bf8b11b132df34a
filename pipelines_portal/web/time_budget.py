"""A limit for work that a page does while a person waits: one second, and one such page at a time for each person."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TypeVar

SECONDS = 1.0
Step = TypeVar("Step")
# Of this process only, whose threads the limit protects.
_at_work: set[int] = set()
_lock = Lock()


class OutOfTime(Exception):
    """The time is used up, or another page works for the person. The worker does the work instead."""


class TimeBudget:
    """The time that a piece of work may take. Without `seconds`, there is no limit."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.seconds = seconds
        self._end = monotonic() + seconds

    def check(self) -> None:
        """Raise OutOfTime if no time is left. Call this between two steps of the work."""
        if monotonic() >= self._end:
            raise OutOfTime


def within(budget: TimeBudget, steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps of a piece of work: the first always, the others while there is time. Raise OutOfTime."""
    for number, step in enumerate(steps):
        if number:
            budget.check()
        yield step


@contextmanager
def page_budget(person: int, seconds: float = SECONDS) -> Iterator[TimeBudget]:
    """Yield the budget for a page of the person with this id. Raise OutOfTime if another page works for them."""
    with _lock:
        if person in _at_work:
            raise OutOfTime
        _at_work.add(person)
    try:
        yield TimeBudget(seconds)
    finally:
        with _lock:
            _at_work.discard(person)
