"""RQ's worker, in this process, which lives on while Redis is away."""

import logging
import signal
import time
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
from pipelines_portal.shared.stopping import stop

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
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        look_for_ever()
        try:
            while not self._ended():
                time.sleep(SECONDS_BETWEEN_TRIES)
        except StopRequested:
            pass

    def _ended(self) -> bool:
        """Whether it was told to end."""
        self.number += 1
        worker = _worker(f"{self.worker_id}-{self.number}")
        try:
            worker.work(logging_level="WARNING")
        except RedisError as error:
            logger.warning("The job queue waited for Redis in vain (%s); it goes on", error)
            return worker.is_told
        if not worker.is_told:  # RQ has told what it was, with a traceback
            logger.warning("The job queue met something in Redis that is no job; it goes on")
        return worker.is_told


def _stop(number: int, frame: FrameType | None) -> None:
    stop()
    raise StopRequested


def _without_lost_connections(record: logging.LogRecord) -> bool:
    """RQ tells them with a traceback before it raises them; the loop above says it in a line."""
    return not (record.exc_info and isinstance(record.exc_info[1], AWAY))


def _worker(name: str) -> "_Worker":
    queues = [django_rq.get_queue(queue, job_class=Job) for queue in settings.JOBS["JOB_QUEUES"]]
    return _Worker(queues, name=name, connection=queues[0].connection, job_class=Job)


class _Worker(SimpleWorker):
    # It waits twice as long after each try in vain, up to this.
    max_connection_wait_time = 2.0
    is_told = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Raises StopRequested where no job is at work, which is outside of all transactions."""
        self.is_told = True
        stop()
        try:
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
        except RedisError as error:
            raise StopRequested from error

    def perform_job(self, job: Any, *args: Any, **options: Any) -> bool:
        job.failure_ttl = FAILED_KEPT_SECONDS
        close_old_connections()
        try:
            with request_ids.work_called(f"job.{job.id}"):
                return bool(super().perform_job(job, *args, **options))
        finally:
            close_old_connections()
