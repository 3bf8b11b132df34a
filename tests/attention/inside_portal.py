"""What the tests of groups do inside a running portal: see tests.inside_portal."""

from django.utils import timezone

from pipelines_portal.attention.grouping import make_groups
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.task_index.models import TaskNote, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_index, make_task

LARGE, SMALL = 12, 5


def fail_tasks() -> list[int]:
    """Let tasks fail in two groups, of which nobody did anything yet. Return the groups, the largest first."""
    WorkflowIndex.objects.update(workflow=None)
    ProblemGroup.objects.all().delete()
    TaskNote.objects.all().delete()
    workflow, now = OpenedWorkflow.objects.get(workflow_id=42), timezone.now()
    failed = [make_task(number, "failed", now) for number in range(1, LARGE + 1)]
    escalated = [make_task(LARGE + number, "escalated", now) for number in range(1, SMALL + 1)]
    make_groups(make_index(workflow, failed + escalated))
    return list(ProblemGroup.objects.values_list("pk", flat=True))


def read_groups() -> list[list[str]]:
    """Return state, owner and last note of each group, the largest first."""
    notes = [
        next((event.text for event in group.events.all() if event.text), "") for group in ProblemGroup.objects.all()
    ]
    return [
        [group.state, str(group.owner or ""), note, group.mute_note]
        for group, note in zip(ProblemGroup.objects.select_related("owner"), notes, strict=True)
    ]
