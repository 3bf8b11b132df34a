"""The groups of tasks that need attention, and the workflows that are still being counted."""

from dataclasses import dataclass
from datetime import datetime

from pipelines_portal.accounts.models import User
from pipelines_portal.attention.pages import GroupLine, open_lines
from pipelines_portal.core.times import short
from pipelines_portal.task_index.counts import TaskCounts
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_LINES = 6
# With these problems, a workflow is counted only after somebody does something.
HOPELESS = (WorkflowIndex.Problem.NOT_FOUND, WorkflowIndex.Problem.UNDECRYPTABLE)


@dataclass(frozen=True)
class Attention:
    """The largest groups of tasks that need attention, of all `groups` with `tasks`.

    `ungrouped`: how many tasks need attention while no group is made yet. `gaps` are sentences about numbers that are
    old. `since`: when the person left before this visit.
    """

    lines: tuple[GroupLine, ...]
    groups: int
    tasks: int
    ungrouped: int
    new: int
    stuck: int
    gaps: tuple[str, ...]
    since: datetime | None

    @property
    def is_shown(self) -> bool:
        return bool(self.lines or self.ungrouped or self.stuck or self.gaps)


def list_attention(
    user: User,
    workflows: list[OpenedWorkflow],
    counts: dict[int, TaskCounts],
    new_stuck: dict[int, tuple[int, int]],
    gaps: tuple[str, ...],
    since: datetime | None,
    now: datetime,
) -> Attention:
    """Return what needs attention in these workflows. `new_stuck` is by workflow."""
    lines, grouped = open_lines(user, workflows, now, MOST_LINES)
    counted = sum(known.attention for known in counts.values())
    new = sum(number for number, _ in new_stuck.values())
    ungrouped = 0 if grouped["open"] else counted
    return Attention(lines, grouped["open"], grouped["tasks"], ungrouped, new, grouped["stuck_tasks"], gaps, since)


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
