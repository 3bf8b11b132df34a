"""RQ's worker, in this process, which lives on while Redis is away."""

import logging
from types import FrameType
from typing import Any

import django_rq
from django.conf import settings
from django.db import close_old_connections
from django_tasks_rq import Job
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from rq import SimpleWorker
from rq.exceptions import StopRequested

from pipelines_portal.shared import request_ids
from pipelines_portal.shared.stopping import hear, is_stopping, rest

from .left_queues import look_for_ever

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_TRIES = 1.0
AWAY = (ConnectionError, TimeoutError)
# RQ would keep them for a year.
FAILED_KEPT_SECONDS = 86_400


class RedisJobWorker:
    """Jobs of this program's queues until SIGTERM."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        self.number = 0
        logging.getLogger("rq.worker").addFilter(_without_lost_connections)

    def run(self) -> None:
        """Whatever lies in the queue, and whether Redis is there or not."""
        look_for_ever()
        while not is_stopping():
            self._work()
            rest(SECONDS_BETWEEN_TRIES)

    def _work(self) -> None:
        """Until it is told, or something goes wrong."""
        self.number += 1
        worker = _worker(f"{self.worker_id}-{self.number}")
        try:
            worker.work(logging_level="WARNING")
        except RedisError as error:
            logger.warning("The job queue waited for Redis in vain (%s); it goes on", error)
            return
        if not is_stopping():  # RQ has told what it was, with a traceback
            logger.warning("The job queue met something in Redis that is no job; it goes on")


def _without_lost_connections(record: logging.LogRecord) -> bool:
    """RQ tells them with a traceback before it raises them; the loop above says it in a line."""
    return not (record.exc_info and isinstance(record.exc_info[1], AWAY))


def _worker(name: str) -> "_Worker":
    queues = [django_rq.get_queue(queue, job_class=Job) for queue in settings.JOBS["JOB_QUEUES"]]
    return _Worker(queues, name=name, connection=queues[0].connection, job_class=Job)


class _Worker(SimpleWorker):
    """RQ's own raises StopRequested where a signal meets it: the job that Redis had just given out was lost with it."""

    # It waits twice as long after each try in vain, up to this.
    max_connection_wait_time = 2.0
    # Until it looks whether it was told.
    dequeue_timeout = 1
    looks_for_a_job = False

    def _install_signal_handlers(self) -> None:
        """It may have been told before it comes to this."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        self._stop_requested = is_stopping()

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self._stop_requested = True
        hear(signum, frame)

    def dequeue_job_and_maintain_ttl(self, *args: Any, **options: Any) -> Any:
        self.looks_for_a_job = True
        return super().dequeue_job_and_maintain_ttl(*args, **options)

    def reorder_queues(self, reference_queue: Any) -> None:
        """What RQ calls first when it has a job."""
        self.looks_for_a_job = False
        super().reorder_queues(reference_queue)

    def heartbeat(self, *args: Any, **options: Any) -> None:
        """What RQ calls each time before it asks Redis for a job, also while that is away."""
        if self.looks_for_a_job and is_stopping():
            raise StopRequested
        super().heartbeat(*args, **options)

    def perform_job(self, job: Any, *args: Any, **options: Any) -> bool:
        job.failure_ttl = FAILED_KEPT_SECONDS
        close_old_connections()
        try:
            with request_ids.work_called(f"job.{job.id}"):
                return bool(super().perform_job(job, *args, **options))
        finally:
            close_old_connections()
