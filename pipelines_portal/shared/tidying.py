"""Removing what grows for ever, a little at a time: no transaction of it holds a lock for long."""

import logging
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.db.models import QuerySet

from pipelines_portal.shared.locked_database import say_it_goes_on
from pipelines_portal.shared.stopping import is_stopping, listen, rest
from pipelines_portal.shared.trusted_clock.looking import confirm, held

logger = logging.getLogger(__name__)
AT_ONCE = 1_000
SECONDS_BETWEEN = 3600.0


@dataclass(frozen=True)
class Tidying:
    """Something to tidy: what is removed, in words, and what removes it and says how many there were."""

    what: str
    remove: Callable[[], int]


def remove_in_batches(rows: "QuerySet[Any]", at_once: int | None = None) -> int:
    """Each in a transaction of its own, and as long a pause behind it: whoever waits to write gets in between."""
    count = 0
    while not is_stopping():
        began = time.monotonic()
        ids = list(rows.order_by().values_list("pk", flat=True)[: at_once or AT_ONCE])
        if not ids:
            break
        # Of those that are still there: another may tidy at the same time.
        _, removed = rows.model._default_manager.filter(pk__in=ids).delete()
        count += removed.get(rows.model._meta.label, 0)
        rest(time.monotonic() - began)
    return count


def remove_each(rows: "QuerySet[Any]", remove: Callable[[Any], bool], at_once: int | None = None) -> int:
    """As `remove_in_batches`, one by one in the order of `rows`: `remove` has a transaction of its own for each, and
    says whether it did. Those that it leaves are passed over.
    """
    count = passed = 0
    while not is_stopping() and (batch := list(rows[passed : passed + (at_once or AT_ONCE)])):
        for each in batch:
            count += _removed(remove, each)
            if is_stopping():
                break
        passed += rows.order_by().filter(pk__in=[each.pk for each in batch]).count()
    return count


def _removed(remove: Callable[[Any], bool], each: Any) -> bool:
    began = time.monotonic()
    is_removed = remove(each)
    rest(time.monotonic() - began)
    return is_removed


def until_done(some: Callable[[], int]) -> int:
    """What goes a bounded number at a time, until there is none."""
    count = 0
    while not is_stopping() and (done := _counted(some)):
        count += done
    return count


def _counted(some: Callable[[], int]) -> int:
    began = time.monotonic()
    count = some()
    rest(time.monotonic() - began)
    return count


def tidied(duties: Iterable[Tidying]) -> Iterator[str]:
    """A line for each when it is done, and one for all. Raises CommandError where the clock is not believed."""
    total = 0
    for duty in duties:
        if is_stopping():
            break
        if sentence := held():
            raise CommandError(f"{sentence}. {f'No more than {total:,}' if total else 'Nothing'} was removed.")
        total += (count := duty.remove())
        yield f"{duty.what}: {count:,} removed"
    yield f"{'Stopped before the end' if is_stopping() else 'In all'}: {total:,} removed"


def tidy_for_ever(duties: Sequence[Tidying]) -> None:
    """For a worker's thread of its own: a large one takes long, and nothing else waits for it."""
    while not is_stopping():
        tidy_now(duties)
        rest(SECONDS_BETWEEN)


def tidy_now(duties: Iterable[Tidying]) -> None:
    """Whatever goes wrong with one, the others are done. What was removed is in the log.

    One may take hours, and the clock be set meanwhile: it is looked at before each.
    """
    for duty in duties:
        if is_stopping() or _is_held():
            break
        try:
            if count := duty.remove():
                logger.info("%s: %s removed", duty.what, f"{count:,}")
        except Exception as error:
            say_it_goes_on(logger, f"Tidying ({duty.what})", error)
        finally:
            close_old_connections()


def _is_held() -> bool:
    """Also where the database cannot be asked: what is removed does not come back."""
    try:
        if sentence := held():
            logger.warning(sentence)
        return bool(sentence)
    except Exception as error:
        say_it_goes_on(logger, "Tidying", error)
        return True
    finally:
        close_old_connections()


class TidyCommand(BaseCommand):
    """`manage.py tidy` of either program: all of `duties`, until nothing is left of it."""

    help = "Remove what is over or older than it is kept, all of it. The worker does so every hour by itself."
    requires_system_checks = []
    duties: Sequence[Tidying] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clock-is-right", action="store_true", help="though it stands far ahead of the last run")

    def handle(self, *args: Any, clock_is_right: bool = False, **options: Any) -> None:
        listen()
        if clock_is_right:
            confirm()
        for line in tidied(self.duties):
            self.stdout.write(line)
