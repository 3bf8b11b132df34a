"""How long tasks take at each step, as the index notices it: the API tells only the last change of a task."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from statistics import median

from django.utils import timezone

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.task_index.models import IndexedTask, StepTime, WorkflowIndex

# A median is of the tasks of so many days, and at most so many of each workflow.
DAYS, MOST_TIMES = 14, 2_000
# Fewer tasks say nothing about what is usual.
FEWEST_TASKS = 20
# An API may answer nonsense: later steps are not measured.
MOST_STEPS = 1_000


def step_times(known: Mapping[int, IndexedTask], changed: list[IndexedTask]) -> Iterator[tuple[int, int, datetime]]:
    """Yield the steps that tasks finished since they were read before, with the seconds and the time of the end."""
    for task in changed:
        before = known.get(task.task_id)
        if before is None or task.updated_at is None or before.created_at != task.created_at:
            continue
        if before.status == TaskStatus.PENDING and task.status != TaskStatus.PENDING and task.created_at:
            yield 0, _seconds(task.created_at, task.updated_at), task.updated_at
        # Of two steps that were finished between two reads, nobody knows how long each took.
        if task.nodes_finished == before.nodes_finished + 1 <= MOST_STEPS and before.step_since:
            yield task.nodes_finished, _seconds(before.step_since, task.updated_at), task.updated_at


def _seconds(start: datetime, end: datetime) -> int:
    return max(int((end - start).total_seconds()), 0)


def measure_steps(index: WorkflowIndex) -> None:
    """Store how long tasks took at each step in the last days, and delete what is older or too much."""
    newest = StepTime.objects.filter(index=index, at__gte=timezone.now() - timedelta(days=DAYS)).order_by("-at")
    times = list(newest.values_list("step", "seconds", "at")[:MOST_TIMES])
    by_step: dict[int, list[int]] = defaultdict(list)
    for step, seconds, _ in times:
        by_step[step].append(seconds)
    steps = range(max(by_step, default=-1) + 1)
    index.update(step_medians=[[int(median(by_step[step] or [0])), len(by_step[step])] for step in steps])
    oldest = times[-1][2] if times else timezone.now()
    StepTime.objects.filter(index=index, at__lt=oldest).delete()


def usual_seconds(medians: list[list[int]], step: int) -> int | None:
    """Return within how many seconds half of the tasks finish the step, or None if too few did."""
    if step >= len(medians) or medians[step][1] < FEWEST_TASKS:
        return None
    return medians[step][0]
