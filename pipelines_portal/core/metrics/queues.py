"""How much waits, and for how long: of anything that keeps since when a piece of it waits."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client.core import GaugeMetricFamily, Metric

# No further is counted: what is behind that is late all the same.
MOST_COUNTED = 1000


Waiting = QuerySet[Any, Any]


def waiting_jobs() -> Waiting:
    return DBTaskResult.objects.ready().values_list("enqueued_at", flat=True)


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
