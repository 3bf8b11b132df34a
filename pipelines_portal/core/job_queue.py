"""The worker for the background jobs of both programs.

It is the worker of django-tasks-db, which would end when the database is locked or away. That worker never gives a job
out twice: the sweeps of uploads enqueue a job again when the worker that had it was killed.
"""

import logging
from types import FrameType
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import QuerySet
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from pipelines_portal.core import request_ids
from pipelines_portal.core.database_errors import SECONDS_WITHOUT_ROOM, is_away, is_full, log_and_continue
from pipelines_portal.core.shutdown import handle_signal, is_stopping, sleep

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_TRIES = 1.0


class JobWorker(Worker):
    """Runs jobs of the default queue until SIGTERM."""

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
        handle_signal(signum, frame)

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        """All lines about a job have its id."""
        with request_ids.request_id_of_work(f"job.{db_task_result.id}"):
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
                log_and_continue(logger, "The job queue", error)
                sleep(SECONDS_WITHOUT_ROOM if is_full(error) else SECONDS_BETWEEN_TRIES)


def waiting_jobs() -> QuerySet[Any, Any]:
    """Return when each waiting job was enqueued, the oldest first."""
    return DBTaskResult.objects.ready().values_list("enqueued_at", flat=True)
