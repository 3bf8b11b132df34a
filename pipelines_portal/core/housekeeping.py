"""Deletion of old rows in small transactions with pauses, so that other writers get their turn.

On SQLite, connections that wait for a lock try again and again, in no order. Without a pause as long as the transaction
before it, a series of short transactions keeps them out as long as one long transaction would.
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

from pipelines_portal.core.database_errors import log_and_continue
from pipelines_portal.core.shutdown import handle_signals, is_stopping, sleep

logger = logging.getLogger(__name__)
BATCH_SIZE = 1_000
SECONDS_BETWEEN_RUNS = 3600.0


@dataclass(frozen=True)
class HousekeepingTask:
    """A kind of row to delete: its name in the log, and the function that deletes old rows and returns their number."""

    name: str
    delete_old: Callable[[], int]


def delete_in_batches(rows: "QuerySet[Any]", batch_size: int | None = None) -> int:
    """Delete the rows, each batch in a transaction. Return how many were deleted."""

    def delete_batch() -> int:
        ids = list(rows.order_by().values_list("pk", flat=True)[: batch_size or BATCH_SIZE])
        _, deleted = rows.model._default_manager.filter(pk__in=ids).delete()
        return int(deleted.get(rows.model._meta.label, 0))

    return repeat_until_done(delete_batch)


def delete_each(rows: "QuerySet[Any]", delete: Callable[[Any], bool], batch_size: int | None = None) -> int:
    """Call `delete` for each row, in the order of `rows`. Return how many calls returned True.

    `delete` opens its own transaction. A row that it refuses to delete is skipped.
    """
    count = skipped = 0
    while not is_stopping() and (batch := list(rows[skipped : skipped + (batch_size or BATCH_SIZE)])):
        for each in batch:
            count += _call_and_pause(partial(delete, each))
            if is_stopping():
                break
        skipped += rows.order_by().filter(pk__in=[each.pk for each in batch]).count()
    return count


def repeat_until_done(delete_some: Callable[[], int]) -> int:
    """Call `delete_some`, which deletes a limited number of rows, until it returns 0. Return the sum."""
    count = 0
    while not is_stopping() and (deleted := _call_and_pause(delete_some)):
        count += deleted
    return count


def _call_and_pause(delete: Callable[[], int]) -> int:
    started = time.monotonic()
    count = delete()
    sleep(time.monotonic() - started)
    return count


def run_every_hour(tasks: Sequence[HousekeepingTask]) -> None:
    """Run the tasks every hour until the worker stops. Each worker does so in a thread: a large deletion takes long."""
    while not is_stopping():
        run_tasks(tasks)
        sleep(SECONDS_BETWEEN_RUNS)


def run_tasks(tasks: Iterable[HousekeepingTask]) -> None:
    """Run each task and log its count. A failure is logged, and the other tasks still run."""
    for task in tasks:
        if is_stopping():
            break
        try:
            if count := task.delete_old():
                logger.info("%s: %s removed", task.name, f"{count:,}")
        except Exception as error:
            log_and_continue(logger, f"Tidying ({task.name})", error)
        finally:
            close_old_connections()


def run_tasks_with_report(tasks: Iterable[HousekeepingTask]) -> Iterator[str]:
    """Run each task. Yield a line for each finished task, and one for the sum."""
    total = 0
    for task in tasks:
        if is_stopping():
            break
        total += (count := task.delete_old())
        yield f"{task.name}: {count:,} removed"
    yield f"{'Stopped before the end' if is_stopping() else 'In all'}: {total:,} removed"


class TidyCommand(BaseCommand):
    """The command `manage.py tidy` of either program, which runs all of its `tasks` once."""

    help = "Delete expired data. The worker does this every hour."
    requires_system_checks = []
    tasks: Sequence[HousekeepingTask] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        handle_signals()
        for line in run_tasks_with_report(self.tasks):
            self.stdout.write(line)
