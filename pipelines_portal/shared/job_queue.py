"""The worker of both programs' jobs: django-tasks' own, which lives on when the database is away or kept locked."""

import logging
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from pipelines_portal.shared import request_ids
from pipelines_portal.shared.locked_database import SECONDS_WITHOUT_ROOM, is_away, is_full, say_it_goes_on
from pipelines_portal.shared.stopping import hear, is_stopping

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_TRIES = 1.0


class JobWorker(Worker):
    """Jobs of the default queue until SIGTERM."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(
            queue_names=["default"], interval=SECONDS_BETWEEN_LOOKS, batch=False, backend_name="default",
            startup_delay=False, max_tasks=None, worker_id=worker_id, excluded_queue_names=[],
        )  # fmt: skip

    def configure_signals(self) -> None:
        """It may have been told before it comes to this."""
        super().configure_signals()
        self.running = not is_stopping()

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """django-tasks' own raises SystemExit. Where it had just begun a transaction, that stayed open, and kept all
        other threads from writing down what came of their work.
        """
        self.running = False
        hear(signum, frame)

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        """All lines about a job have its id."""
        with request_ids.work_called(f"job.{db_task_result.id}"):
            super().run_task(db_task_result)

    def run(self) -> None:
        """django-tasks' loop ends where it cannot begin a transaction: it begins again."""
        self.configure_signals()
        while self.running:
            try:
                super().run()
            except (DatabaseError, InterfaceError) as error:
                if not is_away(error) and not is_full(error):
                    raise
                connection.close()
                say_it_goes_on(logger, "The job queue", error)
                self._rest(SECONDS_WITHOUT_ROOM if is_full(error) else SECONDS_BETWEEN_TRIES)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.running and time.monotonic() < until:
            time.sleep(min(seconds, 0.5))


def work_on_jobs(worker_id: str) -> None:
    """Wherever TASKS_BACKEND has them, until SIGTERM."""
    if settings.JOBS["JOBS_IN_REDIS"]:
        # Loading RQ takes time and memory, which is no use where the database has the jobs.
        from pipelines_portal.shared.redis_jobs.worker import RedisJobWorker

        RedisJobWorker(worker_id).run()
    else:
        JobWorker(worker_id).run()


def push_what_waits() -> int:
    """What Redis did not take when it was away. A duty of both programs' workers."""
    if not settings.JOBS["JOBS_IN_REDIS"]:
        return 0
    from pipelines_portal.shared.redis_jobs.backend import push_waiting

    return push_waiting()
