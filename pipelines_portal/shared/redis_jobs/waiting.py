"""Since when jobs wait in Redis."""

from datetime import UTC, datetime

import django_rq
from django.conf import settings
from django_tasks_rq import Job
from redis.exceptions import RedisError


def waiting_in_redis() -> list[datetime] | None:
    """As many as wait, of which only the first time is exact; None while Redis is away."""
    queues = [django_rq.get_queue(queue, job_class=Job) for queue in settings.JOBS["JOB_QUEUES"]]
    try:
        first = [job.enqueued_at for queue in queues for job in queue.get_jobs(0, 1) if job.enqueued_at]
        count = sum(queue.count for queue in queues)
    except RedisError:
        return None
    return [min(moment.replace(tzinfo=moment.tzinfo or UTC) for moment in first)] * count if first else []
