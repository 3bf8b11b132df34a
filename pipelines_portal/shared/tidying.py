"""Removing what grows for ever, a little at a time: no transaction of it holds a lock for long."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import close_old_connections
from django.db.models import QuerySet

from pipelines_portal.shared.locked_database import say_it_goes_on

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
    while True:
        began = time.monotonic()
        ids = list(rows.order_by().values_list("pk", flat=True)[: at_once or AT_ONCE])
        if not ids:
            return count
        # Of those that are still there: another may tidy at the same time.
        _, removed = rows.model._default_manager.filter(pk__in=ids).delete()
        count += removed.get(rows.model._meta.label, 0)
        time.sleep(time.monotonic() - began)


def tidied(duties: Iterable[Tidying]) -> Iterator[str]:
    """A line for each when it is done."""
    for duty in duties:
        yield f"{duty.what}: {duty.remove():,} removed"


def tidy_for_ever(duties: Sequence[Tidying]) -> None:
    """For a worker's thread of its own: a large one takes long, and nothing else waits for it."""
    while True:
        tidy_now(duties)
        time.sleep(SECONDS_BETWEEN)


def tidy_now(duties: Iterable[Tidying]) -> None:
    """Whatever goes wrong with one, the others are done. What was removed is in the log."""
    for duty in duties:
        try:
            if count := duty.remove():
                logger.info("%s: %s removed", duty.what, f"{count:,}")
        except Exception as error:
            say_it_goes_on(logger, f"Tidying ({duty.what})", error)
        finally:
            close_old_connections()
