"""The tasks that need attention, by workflow, and the workflows that are still being counted."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from pipelines_portal.api_client.task_status import NEEDS_ATTENTION, label_of
from pipelines_portal.core.times import short
from pipelines_portal.task_index.counts import TaskCounts
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

# With these problems, a workflow is counted only after somebody does something.
HOPELESS = (WorkflowIndex.Problem.NOT_FOUND, WorkflowIndex.Problem.UNDECRYPTABLE)


@dataclass(frozen=True)
class Trouble:
    """A workflow with tasks that need attention, or are stuck. `is_cut`: there are more than were counted."""

    name: str
    key_name: str
    url: str
    overview: str
    count: int
    is_cut: bool
    new: int
    stuck: int
    by_status: str


@dataclass(frozen=True)
class Attention:
    """`gaps` are sentences about numbers that are old. `since`: when the person left before this visit."""

    troubles: tuple[Trouble, ...]
    gaps: tuple[str, ...]
    since: datetime | None

    @property
    def count(self) -> int:
        return sum(trouble.count for trouble in self.troubles)

    @property
    def new(self) -> int:
        return sum(trouble.new for trouble in self.troubles)

    @property
    def stuck(self) -> int:
        return sum(trouble.stuck for trouble in self.troubles)


def list_troubles(
    workflows: list[OpenedWorkflow], counts: dict[int, TaskCounts], new_stuck: dict[int, tuple[int, int]]
) -> tuple[Trouble, ...]:
    """Return the workflows with tasks to look at, the largest number first. `new_stuck` is by workflow."""
    has_keys = len({one.key_id for one in workflows}) > 1
    troubles = []
    for workflow in workflows:
        if workflow.pk not in counts:
            continue
        known, (new, stuck) = counts[workflow.pk], new_stuck.get(workflow.pk, (0, 0))
        if not (known.attention or stuck):
            continue
        place = [workflow.key_id, workflow.workflow_id]
        numbers = {status: known.without_muted(status) for status in NEEDS_ATTENTION}
        words = [f"{number:,} {label_of(status).lower()}" for status, number in numbers.items() if number]
        troubles.append(
            Trouble(
                workflow.name,
                workflow.key.name if has_keys else "",
                f"{reverse('tasks:list', args=place)}?status=attention",
                f"{reverse('overview:detail', args=place)}#stuck",
                known.attention,
                bool(known.cut.intersection(NEEDS_ATTENTION)),
                new,
                stuck,
                ", ".join(words),
            )
        )
    return tuple(sorted(troubles, key=lambda one: (-one.count, -one.stuck, one.name.lower())))


def list_gaps(
    workflows: list[OpenedWorkflow], indexes: dict[int, WorkflowIndex], counts: dict[int, TaskCounts], now: datetime
) -> tuple[str, ...]:
    """Return sentences about numbers that are missing or not of now."""
    rejected = sorted({one.key.name for one in workflows if one.key.rejected_at})
    uncounted = [one for one in workflows if one.pk not in counts and one.key.rejected_at is None]
    old = [(one.name, counts[one.pk].as_of) for one in workflows if one.pk in counts and counts[one.pk].is_old(now)]
    return (
        *(f"Key “{name}” was rejected. Its numbers aren’t updated." for name in rejected),
        *(f"{one.name} can’t be read." for one in uncounted if indexes[one.pk].problem in HOPELESS),
        *(f"{name} was last updated at {short(as_of, now)}." for name, as_of in old),
    )


@dataclass(frozen=True)
class FirstReading:
    """The workflows whose tasks are being counted for the first time: `lines` of all, `done` of `total`."""

    lines: tuple[tuple[str, str], ...]
    done: int
    total: int


def first_reading(
    workflows: list[OpenedWorkflow], indexes: dict[int, WorkflowIndex], counts: dict[int, TaskCounts]
) -> FirstReading | None:
    """Return how far the first count has come, or None if every workflow was counted that can be."""
    counted = [one for one in workflows if one.key.rejected_at is None and indexes[one.pk].problem not in HOPELESS]
    done = [one for one in counted if one.pk in counts and indexes[one.pk].is_backfilled]
    if len(done) == len(counted) or all(one.pk in counts for one in counted):
        return None
    return FirstReading(tuple((one.name, _read(indexes[one.pk])) for one in counted), len(done), len(counted))


def _read(index: WorkflowIndex) -> str:
    number = max(index.backfilled_count, index.open_counted or 0)
    if index.is_backfilled and index.open_as_of:
        return "1 task" if number == 1 else f"{number:,} tasks"
    return f"reading, {number:,} so far" if number else "waiting"
