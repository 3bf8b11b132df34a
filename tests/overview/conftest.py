"""Indexes as the job leaves them, made at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.api_client.models import NodeSummary, Task
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.recording import take_in
from pipelines_portal.task_index.watching import begin_index


def told(task_id: int, status: str, created: datetime, hours: float = 0) -> Task:
    """Moved last so many hours after it was created."""
    nodes = NodeSummary(total=5, finished=2, in_progress=1, pending=2)
    moved = created + timedelta(hours=hours)
    return Task(id=task_id, status=status, node_summary=nodes, created_at=created, updated_at=moved)


@pytest.fixture
def counted(opened: Callable[..., Any]) -> Callable[..., WorkflowIndex]:
    """`counted(tasks)`: a workflow, all of whose tasks were read a moment ago."""

    def count(tasks: list[Task], **values: Any) -> WorkflowIndex:
        index = begin_index(values.pop("workflow", None) or opened())
        now = timezone.now()
        take_in(index, tasks, now)
        known = {"open_as_of": now, "failed_as_of": now, "newest_id": max((task.id for task in tasks), default=0)}
        WorkflowIndex.objects.filter(pk=index.pk).update(**known | {"is_read_to_the_end": True} | values)
        index.refresh_from_db()
        return index

    return count
