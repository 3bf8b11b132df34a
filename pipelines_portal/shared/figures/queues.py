"""How much waits, and for how long: of anything that keeps since when a piece of it waits."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client.core import GaugeMetricFamily, Metric

# No further is counted: what is behind that is late all the same.
MOST_COUNTED = 1000


Waiting = QuerySet[Any, Any] | list[datetime]


def job_queues() -> Iterator[tuple[str, Waiting]]:
    """In the database, and in Redis where jobs go there: what it did not take waits in the database all the same."""
    yield "jobs", DBTaskResult.objects.ready().values_list("enqueued_at", flat=True)
    if not settings.JOBS["JOBS_IN_REDIS"]:
        return
    from pipelines_portal.shared.redis_jobs.waiting import waiting_in_redis

    waiting = waiting_in_redis()
    if waiting is not None:
        yield "jobs_in_redis", waiting


def queue_metrics(queues: Iterable[tuple[str, Waiting]]) -> Iterator[Metric]:
    """Each gives since when its pieces wait, the oldest first."""
    waiting = GaugeMetricFamily("pipelines_queue_waiting", f"Pieces that wait, up to {MOST_COUNTED}.", labels=["queue"])
    oldest = GaugeMetricFamily("pipelines_queue_oldest_seconds", "How long the oldest waits.", labels=["queue"])
    for name, queue in queues:
        since = list(queue[:MOST_COUNTED])
        waiting.add_metric([name], len(since))
        oldest.add_metric([name], seconds_since(since[0]) if since else 0)
    yield from (waiting, oldest)


def seconds_since(moment: datetime) -> float:
    return max((timezone.now() - moment).total_seconds(), 0)
