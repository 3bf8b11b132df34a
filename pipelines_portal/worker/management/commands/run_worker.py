"""The portal's worker: the job queue of django-tasks, and the schedule of the portal beside it."""

import itertools
import logging
import queue
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any

from django.db import close_old_connections

from pipelines_portal.core import request_ids
from pipelines_portal.core.database_errors import SECONDS_WITHOUT_ROOM, is_full, log_and_continue
from pipelines_portal.core.shutdown import is_stopping, sleep
from pipelines_portal.core.worker_command import WorkerCommand, start_thread
from pipelines_portal.system.models import WorkerHeartbeat
from pipelines_portal.worker.changes import DatabaseChanges
from pipelines_portal.worker.schedule import EVERY_HOUR, EVERY_MINUTE, EVERY_TWO_SECONDS, LOOPS, Job, Loop

SCHEDULE_SECONDS = 2.0
SCHEDULE_ROUNDS_A_MINUTE = 30
POLL_SECONDS = 0.3
# Every fifth poll wakes the loops without a write, for work that has become due by the clock.
POLLS_BEFORE_WAKING = 5
WakeUps = queue.Queue[None]
logger = logging.getLogger(__name__)


class Command(WorkerCommand):
    help = "Run the portal's background jobs, also those that a killed worker left."
    heartbeat = WorkerHeartbeat
    housekeeping = EVERY_HOUR
    # Longer than the API takes to create the tasks of one request.
    ending_seconds = 25
    wake_ups: Mapping[Loop, WakeUps] = MappingProxyType({})

    def start_threads(self, **options: Any) -> list[threading.Thread]:
        self.wake_ups = {loop: WakeUps(maxsize=1) for loop in LOOPS}
        start_thread(partial(wake_loops, self.wake_ups), "wake-ups")
        loops = [
            start_thread(partial(run_loop, loop, loop_wake_ups), f"{loop.name}-{number}")
            for loop, loop_wake_ups in self.wake_ups.items()
            for number in range(loop.threads)
        ]
        return [start_thread(run_schedule, "schedule"), *loops]

    def wake_threads(self) -> None:
        for each in self.wake_ups.values():
            _wake(each)


def run_schedule() -> None:
    for number in itertools.count():
        run_due_jobs(with_minutely=number % SCHEDULE_ROUNDS_A_MINUTE == 0)
        sleep(SCHEDULE_SECONDS)
        if is_stopping():
            return


def run_due_jobs(*, with_minutely: bool) -> None:
    _run_jobs(EVERY_TWO_SECONDS)
    if with_minutely:
        _run_jobs(EVERY_MINUTE)


def _run_jobs(jobs: Iterable[Job]) -> None:
    """Run each job. A failure is logged, and the other jobs still run."""
    for job in jobs:
        request_ids.begin(f"{job.__name__}.{request_ids.new_id()}")
        try:
            job()
        except Exception as error:
            _log_failure("A job of the worker", error)
        finally:
            close_old_connections()


def _log_failure(name: str, error: Exception) -> None:
    log_and_continue(logger, name, error)
    if is_full(error):
        close_old_connections()
        sleep(SECONDS_WITHOUT_ROOM)


def wake_loops(wake_ups: Mapping[Loop, WakeUps]) -> None:
    """Wake the loops after each write to the database, and now and then for work that has become due."""
    changes = DatabaseChanges()
    for number in itertools.count():
        if changes.since_last_call() or number % POLLS_BEFORE_WAKING == 0:
            for each in wake_ups.values():
                _wake(each)
        time.sleep(POLL_SECONDS)


def _wake(wake_ups: WakeUps) -> None:
    with suppress(queue.Full):  # all threads of the loop are busy: the first free one looks for work
        wake_ups.put_nowait(None)


def run_loop(loop: Loop, wake_ups: WakeUps) -> None:
    """Work until nothing is left, each time this thread is woken. Only one thread of a loop is woken at a time."""
    while not is_stopping():
        wake_ups.get()
        while not is_stopping() and _work_on_next(loop):
            pass
    _wake(wake_ups)  # for the next thread of the loop


def _work_on_next(loop: Loop) -> bool:
    """Do one piece of work. After a failure the next piece follows; the failed one is tried again after its lease."""
    request_ids.begin(f"{loop.name.replace(' ', '_')}.{request_ids.new_id()}")
    try:
        return loop.work_on_next()
    except Exception as error:
        _log_failure(f"Work on {loop.name}", error)
        return False
    finally:
        close_old_connections()
