"""The portal's worker: django-tasks' own, and beside it what it does by itself."""

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from django.core.management import BaseCommand
from django.db import close_old_connections
from django.utils.crypto import get_random_string

from pipelines_portal.core import request_ids
from pipelines_portal.core.database_errors import SECONDS_WITHOUT_ROOM, is_full, say_it_goes_on
from pipelines_portal.core.housekeeping import tidy_for_ever
from pipelines_portal.core.job_queue import JobWorker
from pipelines_portal.core.preparation import require_migrated
from pipelines_portal.core.probes import serve_beside
from pipelines_portal.core.shutdown import is_stopping, listen, rest, stop, told_at
from pipelines_portal.worker.changes import Changes
from pipelines_portal.worker.duties import EVERY_MINUTE, EVERY_TWO_SECONDS, LOOPS, TIDYING, Duty, Loop

SECONDS_BETWEEN_SWEEPS = 2.0
SWEEPS_A_MINUTE = 30
SECONDS_BETWEEN_LOOKS = 0.3
LOOKS_ANYWAY = 5
# Longer than the API takes to create what one request may hold. Whoever stops programs waits longer than that.
ENDING_SECONDS = 25
Bell = queue.Queue[None]
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the portal's background jobs, and pick up those that a killed worker left behind."
    # `prepare` has looked at all there is to check: to look again costs the memory of every page's module.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        listen()
        require_migrated()
        serve_beside()
        at_work = [_beside(sweep_for_ever, "sweep")]
        _beside(partial(tidy_for_ever, TIDYING), "tidying")
        bells = {loop: Bell(maxsize=1) for loop in LOOPS}
        for loop, bell in bells.items():
            for number in range(loop.threads):
                at_work.append(_beside(partial(work_for_ever, loop, bell), f"{loop.name}-{number}"))
        _beside(partial(ring_for_ever, bells), "bells")
        try:
            JobWorker(get_random_string(32)).run()
        finally:
            finish(at_work, bells.values())


def _beside(work: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def finish(at_work: Iterable[threading.Thread], bells: Iterable[Bell]) -> None:
    """What is on its way to the API comes to its end: cut off, nobody would know what came of it."""
    stop()
    give_up = told_at() + ENDING_SECONDS
    for bell in bells:
        _ring(bell)
    for thread in at_work:
        thread.join(max(0, give_up - time.monotonic()))


def sweep_for_ever() -> None:
    for number in itertools.count():
        sweep(with_minutely=number % SWEEPS_A_MINUTE == 0)
        rest(SECONDS_BETWEEN_SWEEPS)
        if is_stopping():
            return


def sweep(*, with_minutely: bool) -> None:
    _do(EVERY_TWO_SECONDS)
    if with_minutely:
        _do(EVERY_MINUTE)


def _do(duties: Iterable[Duty]) -> None:
    """Whatever goes wrong with one, the others are done, and the next sweep comes."""
    for duty in duties:
        request_ids.begin(f"{duty.__name__}.{request_ids.new_id()}")
        try:
            duty()
        except Exception as error:
            _say("A duty of the worker", error)
        finally:
            close_old_connections()


def _say(what: str, error: Exception) -> None:
    say_it_goes_on(logger, what, error)
    if is_full(error):
        close_old_connections()
        rest(SECONDS_WITHOUT_ROOM)


def ring_for_ever(bells: dict[Loop, Bell]) -> None:
    """While anybody writes; else only for what has become due by the clock."""
    changes = Changes()
    for number in itertools.count():
        if changes.since_last_asked() or number % LOOKS_ANYWAY == 0:
            for bell in bells.values():
                _ring(bell)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _ring(bell: Bell) -> None:
    with suppress(queue.Full):  # all its threads are at work: the first to be free looks
        bell.put_nowait(None)


def work_for_ever(loop: Loop, bell: Bell) -> None:
    """One thread looks at a time, however many there are; while there is something to do it does not stop."""
    while not is_stopping():
        bell.get()
        while not is_stopping() and _worked(loop):
            pass
    _ring(bell)  # for the next of its threads


def _worked(loop: Loop) -> bool:
    """Whatever goes wrong with one piece, the next is worked on; that one again when its turn runs out."""
    request_ids.begin(f"{loop.name.replace(' ', '_')}.{request_ids.new_id()}")
    try:
        return loop.work_on_next()
    except Exception as error:
        _say(f"Work on {loop.name}", error)
        return False
    finally:
        close_old_connections()
