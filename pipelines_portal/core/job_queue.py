"""The worker for the background jobs of both programs.

It is the worker of django-tasks-db, which would end when the database is locked or away. That worker never runs a job
twice, so the sweeps of uploads enqueue a job again when its worker was killed.
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
POLL_SECONDS = 0.5
RETRY_SECONDS = 1.0


class JobWorker(Worker):
    """Runs jobs of the default queue until SIGTERM."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(
            queue_names=["default"], interval=POLL_SECONDS, batch=False, backend_name="default",
            startup_delay=False, max_tasks=None, worker_id=worker_id, excluded_queue_names=[],
        )  # fmt: skip

    def configure_signals(self) -> None:
        """Respect a signal that came before this call."""
        super().configure_signals()
        self.running = not is_stopping()

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Do not raise SystemExit as django-tasks does: an open transaction would block the writes of other threads."""
        self.running = False
        handle_signal(signum, frame)

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        """Add the id of the job to all of its log lines."""
        with request_ids.request_id_of_work(f"job.{db_task_result.id}"):
            super().run_task(db_task_result)

    def run(self) -> None:
        """Restart the loop of django-tasks, which ends when it cannot start a transaction."""
        self.configure_signals()
        while self.running:
            try:
                super().run()
            except (DatabaseError, InterfaceError) as error:
                if not is_away(error) and not is_full(error):
                    raise
                connection.close()
                log_and_continue(logger, "The job queue", error)
                sleep(SECONDS_WITHOUT_ROOM if is_full(error) else RETRY_SECONDS)


def waiting_jobs() -> QuerySet[Any, Any]:
    """Return when each waiting job was enqueued, the oldest first."""
    return DBTaskResult.objects.ready().values_list("enqueued_at", flat=True)
