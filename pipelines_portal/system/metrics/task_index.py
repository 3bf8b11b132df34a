"""How old what the portal shows of tasks may be."""

from collections.abc import Iterator

from django.db.models import F, Min
from django.db.models.functions import Coalesce
from prometheus_client.core import GaugeMetricFamily, Metric

from pipelines_portal.core.metrics import seconds_since
from pipelines_portal.task_index.models import WorkflowIndex


def task_index() -> Iterator[Metric]:
    """Of indexes that somebody looked at lately, with a key that works: others are not read on."""
    watched = WorkflowIndex.objects.watched()
    stale = GaugeMetricFamily("pipelines_task_index_stale_seconds", "Since the oldest index was last read, or begun.")
    oldest = watched.aggregate(oldest=Min(Coalesce(F("open_as_of"), F("started_at"))))["oldest"]
    stale.add_metric([], seconds_since(oldest) if oldest else 0)
    yield stale
