"""How many tasks of a workflow have which status, for pages. Nothing is said that was not read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from pipelines_portal.shared.prepared import NUMBERS, Asked, Given, prepared
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import FINISHED, GONE, NEEDS_ATTENTION, WorkflowIndex

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
    """By the primary key of the workflow; without those that were not read yet. One query."""
    return counts_in(_counts.all(workflows=[one.pk for one in workflows]))


def counts_asked(workflows: Iterable[OpenedWorkflow]) -> Asked[tuple[Any, ...]]:
    """What `counts_in` is to be given."""
    return _counts.asked(workflows=[one.pk for one in workflows])


def counts_in(rows: Iterable[tuple[Any, ...]]) -> dict[int, Counts]:
    """As `counts_of`."""
    found: dict[int, Counts] = {}
    for pk, open_as_of, failed_as_of, status, count in rows:
        if open_as_of and failed_as_of:  # both were walked
            counts = found.setdefault(pk, Counts({}, open_as_of))
            if count and count > 0 and status not in (FINISHED, GONE):
                counts.by_status[status] = count
    return {pk: Counts(_in_order(counts.by_status), counts.as_of) for pk, counts in found.items()}


@prepared(workflows=NUMBERS)
def _counts(workflows: Given) -> QuerySet[WorkflowIndex, tuple[Any, ...]]:
    indexes = WorkflowIndex.objects.filter(workflow__in=workflows)
    counts = "status_counts__status", "status_counts__count"
    return indexes.values_list("workflow", "open_as_of", "failed_as_of", *counts)


def counts_by(index: WorkflowIndex, by_status: dict[str, int]) -> Counts:
    """`by_status` has those as well that are over, and are not counted."""
    open_ones = {status: count for status, count in by_status.items() if count > 0 and status not in (FINISHED, GONE)}
    return Counts(_in_order(open_ones), index.counted_at)


def _in_order(by_status: dict[str, int]) -> dict[str, int]:
    return dict(sorted(by_status.items(), key=lambda one: ORDER.index(one[0]) if one[0] in ORDER else len(ORDER)))
