"""Deletion of old rows in small transactions with pauses, so that other writers get in between.

SQLite lets those who wait for a lock ask again and again, in no order: without a pause as long as the transaction
before it, a series of short transactions keeps them out as well as one long transaction does.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.db.models import QuerySet

from pipelines_portal.core.database_errors import say_it_goes_on
from pipelines_portal.core.shutdown import is_stopping, listen, rest

logger = logging.getLogger(__name__)
AT_ONCE = 1_000
SECONDS_BETWEEN = 3600.0


@dataclass(frozen=True)
class Tidying:
    """A kind of row to delete: its name in the log, and the function that deletes what is old and returns the count."""

    what: str
    remove: Callable[[], int]


def remove_in_batches(rows: "QuerySet[Any]", at_once: int | None = None) -> int:
    """Delete the rows, one batch in a transaction. Return how many were deleted."""

    def remove_batch() -> int:
        ids = list(rows.order_by().values_list("pk", flat=True)[: at_once or AT_ONCE])
        _, removed = rows.model._default_manager.filter(pk__in=ids).delete()
        return int(removed.get(rows.model._meta.label, 0))

    return until_done(remove_batch)


def remove_each(rows: "QuerySet[Any]", remove: Callable[[Any], bool], at_once: int | None = None) -> int:
    """Call `remove` for each row, in the order of `rows`. Return how many calls returned True.

    `remove` has a transaction of its own; a row that it refuses to delete is passed over.
    """
    count = passed = 0
    while not is_stopping() and (batch := list(rows[passed : passed + (at_once or AT_ONCE)])):
        for each in batch:
            count += _with_pause(partial(remove, each))
            if is_stopping():
                break
        passed += rows.order_by().filter(pk__in=[each.pk for each in batch]).count()
    return count


def until_done(remove_some: Callable[[], int]) -> int:
    """Call `remove_some`, which deletes a bounded number of rows, until it returns 0. Return the sum."""
    count = 0
    while not is_stopping() and (removed := _with_pause(remove_some)):
        count += removed
    return count


def _with_pause(remove: Callable[[], int]) -> int:
    began = time.monotonic()
    count = remove()
    rest(time.monotonic() - began)
    return count


def tidy_for_ever(duties: Sequence[Tidying]) -> None:
    """Tidy every hour. Runs in a thread of its own in each worker, since a large deletion takes long."""
    while not is_stopping():
        tidy_now(duties)
        rest(SECONDS_BETWEEN)


def tidy_now(duties: Iterable[Tidying]) -> None:
    """Run each duty and log its count; a failure is logged and does not keep the others from running."""
    for duty in duties:
        if is_stopping():
            break
        try:
            if count := duty.remove():
                logger.info("%s: %s removed", duty.what, f"{count:,}")
        except Exception as error:
            say_it_goes_on(logger, f"Tidying ({duty.what})", error)
        finally:
            close_old_connections()


def tidied(duties: Iterable[Tidying]) -> Iterator[str]:
    """Run each duty. Yield a line for each when it is done, and one for the sum."""
    total = 0
    for duty in duties:
        if is_stopping():
            break
        total += (count := duty.remove())
        yield f"{duty.what}: {count:,} removed"
    yield f"{'Stopped before the end' if is_stopping() else 'In all'}: {total:,} removed"


class TidyCommand(BaseCommand):
    """`manage.py tidy` of either program: run all of `duties` once."""

    help = "Remove what is over or older than it is kept, all of it. The worker does so every hour by itself."
    requires_system_checks = []
    duties: Sequence[Tidying] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        listen()
        for line in tidied(self.duties):
            self.stdout.write(line)
