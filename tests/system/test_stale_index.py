"""How old what the portal shows of tasks is, as a figure: an index that is never read is old too."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.system.metrics import task_index_age
from pipelines_portal.task_index.models import WorkflowIndex
from tests.factories import open_workflow

pytestmark = pytest.mark.django_db
HOUR = 3600


def index_age() -> float:
    (metric,) = task_index_age()
    (sample,) = metric.samples
    return float(sample.value)


def hours_ago(count: int) -> Any:
    return timezone.now() - timedelta(hours=count)


@pytest.mark.parametrize(("begun", "read", "hours"), [(30, None, 30), (30, 1, 1), (0, None, 0), (900, 30, 30)])
def test_it_is_as_old_as_its_last_reading_or_else_its_beginning(
    saved_key: SavedKey, begun: int, read: int | None, hours: int
) -> None:
    index = WorkflowIndex.objects.start(open_workflow(saved_key))
    assert index_age() < HOUR
    known = {"started_at": hours_ago(begun), "open_as_of": None if read is None else hours_ago(read)}
    WorkflowIndex.objects.filter(pk=index.pk).update(**known)
    assert hours * HOUR <= index_age() < (hours + 1) * HOUR


def test_the_oldest_of_all_is_told(saved_key: SavedKey) -> None:
    for workflow_id, values in ((42, {"open_as_of": hours_ago(2)}), (43, {"started_at": hours_ago(50)})):
        WorkflowIndex.objects.start(open_workflow(saved_key, workflow_id)).update(**values)
    assert 50 * HOUR <= index_age() < 51 * HOUR
