"""`manage.py run_worker` of both programs."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from pipelines_portal.core.database_errors import log_and_continue
from pipelines_portal.core.heartbeats import WORKER_ID, Heartbeat
from pipelines_portal.core.housekeeping import HousekeepingTask, run_every_hour
from pipelines_portal.core.job_queue import JobWorker
from pipelines_portal.core.preparation import require_migrated
from pipelines_portal.core.probes import serve_probes
from pipelines_portal.core.shutdown import handle_signals, request_stop, stop_requested_at
from pipelines_portal.core.start_line import log_start

logger = logging.getLogger(__name__)


def start_thread(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


class WorkerCommand(BaseCommand):
    """Runs the job queue, deletes old data every hour, and beside them runs the threads of the program."""

    # `prepare` has run the checks. Running them again would load the modules of all pages.
    requires_system_checks = []
    heartbeat: type[Heartbeat]
    housekeeping: Sequence[HousekeepingTask]
    # How long a stop waits for the threads. Service managers must wait longer than that.
    ending_seconds: int

    def start_threads(self, **options: Any) -> list[threading.Thread]:
        raise NotImplementedError

    def wake_threads(self) -> None:
        """Wake the threads that wait for work, so that they see the request to stop."""

    def handle(self, *args: Any, **options: Any) -> None:
        handle_signals()
        require_migrated()
        log_start("worker")
        serve_probes()
        threads: list[threading.Thread] = []
        try:
            start_thread(partial(run_every_hour, self.housekeeping), "housekeeping")
            threads = self.start_threads(**options)
            JobWorker(WORKER_ID).run()
        finally:
            self.finish(threads)

    def finish(self, threads: Sequence[threading.Thread]) -> None:
        """Wait for the threads: the result of an interrupted request would be unconfirmed. Then end the heartbeat.

        No heartbeat may follow the removal, or else others would believe that this worker is running.
        """
        request_stop()
        self.wake_threads()
        deadline = stop_requested_at() + self.ending_seconds
        for thread in threads:
            thread.join(max(0, deadline - time.monotonic()))
        connection.close()  # the job queue may have ended because the connection broke
        try:
            self.heartbeat.remove()
        except (DatabaseError, InterfaceError) as error:
            log_and_continue(logger, "The end of the worker", error)
