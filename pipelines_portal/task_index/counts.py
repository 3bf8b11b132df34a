"""How many tasks of a workflow have which status, for pages. Nothing is said that was not read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pipelines_portal.workflows.models import OpenedWorkflow

from .models import FINISHED, GONE, NEEDS_ATTENTION, StatusCount, WorkflowIndex

# As people read them: what moves, what waits, what somebody must look at.
ORDER = ("in_progress", "pending", "paused", "escalated", "quarantined", "failed")


@dataclass(frozen=True)
class Counts:
    """Of tasks that are not finished, as of the beginning of the last walk along them."""

    by_status: dict[str, int] = field(default_factory=dict)
    as_of: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def attention(self) -> int:
        return sum(self.by_status.get(status, 0) for status in NEEDS_ATTENTION)


def open_counts(workflow: OpenedWorkflow) -> Counts | None:
    """None as long as they were not all read, or nobody has them read."""
    return counts_of([workflow]).get(workflow.pk)


def counts_of(workflows: Iterable[OpenedWorkflow]) -> dict[int, Counts]:
    """By the primary key of the workflow; without those that were not read yet."""
    indexes = {row.pk: row for row in WorkflowIndex.objects.filter(workflow__in=[one.pk for one in workflows])}
    found: dict[int, dict[str, int]] = {pk: {} for pk, index in indexes.items() if index.counted_at}
    counted = StatusCount.objects.filter(index__in=found, count__gt=0).exclude(status__in=[FINISHED, GONE])
    for row in counted:
        found[row.index_id][row.status] = row.count
    return {
        indexes[pk].workflow_id or 0: Counts(_in_order(by_status), indexes[pk].counted_at)
        for pk, by_status in found.items()
    }


def _in_order(by_status: dict[str, int]) -> dict[str, int]:
    return dict(sorted(by_status.items(), key=lambda one: ORDER.index(one[0]) if one[0] in ORDER else len(ORDER)))
