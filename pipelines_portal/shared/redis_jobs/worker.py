"""RQ's worker, in this process, which lives on while Redis is away."""

import logging
import time
from typing import Any

import django_rq
from django.conf import settings
from django.db import close_old_connections
from django_tasks_rq import Job
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested

from pipelines_portal.shared import request_ids

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_TRIES = 1.0
# RQ would keep them for a year.
FAILED_KEPT_SECONDS = 86_400


class RedisJobWorker:
    """Jobs of this program's queues until SIGTERM."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        logging.getLogger("rq.worker").addFilter(_without_lost_connections)

    def run(self) -> None:
        number = 0
        while True:
            number += 1
            try:
                _worker(f"{self.worker_id}-{number}").work(logging_level="WARNING")
                return
            except StopRequested:
                return
            except RedisError as error:
                logger.warning("The job queue waited for Redis in vain (%s); it goes on", error)
                time.sleep(SECONDS_BETWEEN_TRIES)


def _without_lost_connections(record: logging.LogRecord) -> bool:
    """RQ tells them with a traceback before it raises them; the loop above says it in a line."""
    return not (record.exc_info and isinstance(record.exc_info[1], RedisError))


def _worker(name: str) -> "_Worker":
    queues = [django_rq.get_queue(queue, job_class=Job) for queue in settings.JOBS["JOB_QUEUES"]]
    return _Worker(queues, name=name, connection=queues[0].connection, job_class=Job)


class _Worker(SimpleWorker):
    # It waits twice as long after each try in vain, up to this.
    max_connection_wait_time = 2.0

    def perform_job(self, job: Any, *args: Any, **options: Any) -> bool:
        job.failure_ttl = FAILED_KEPT_SECONDS
        close_old_connections()
        try:
            with request_ids.work_called(f"job.{job.id}"):
                return bool(super().perform_job(job, *args, **options))
        finally:
            close_old_connections()
