"""What of Home's tasks needs somebody: how many by what is wrong, and the newest, of all or of one kind."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION
from pipelines_portal.submissions.origin import Brief, briefs_across, telling_value
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import Counted, NewTasks, needing_attention, stuck_across
from pipelines_portal.workflows.models import OpenedWorkflow

STUCK = "stuck"
WORDS = {status.value: status.label for status in NEEDS_ATTENTION} | {STUCK: "Not moved for long"}
MOST_NEW, NEW_FOR, MOST_SHOWN = 8, timedelta(days=7), 50
LONGEST_TEXT = 160


@dataclass(frozen=True)
class Tile:
    """A number that leads to its tasks, of which there may be more. `icon`: whose shape and colour it has."""

    name: str
    word: str
    count: int
    icon: str
    updated: datetime | None
    is_cut: bool = False
    new: int = 0
    last: datetime | None = None


@dataclass(frozen=True)
class NewTask:
    """`text` and `by`: what was sent for it and by whom, as far as that was from here and the person may see it."""

    task: IndexedTask
    number: str
    is_new: bool
    text: str = ""
    by: str = ""


@dataclass(frozen=True)
class Share:
    """How many of them one workflow has, where they are all listed. Of some there are more than were counted."""

    workflow: OpenedWorkflow
    count: int
    is_cut: bool = False


def needed(
    counted: Counted, stuck: dict[int, int], show: str, new: dict[str, NewTasks], tasks: list[NewTask]
) -> dict[str, Any]:
    """`show`: one of WORDS, for the tasks behind that number alone."""
    tiles = [_tile(status, counted, new) for status in NEEDS_ATTENTION]
    tiles.append(Tile(STUCK, WORDS[STUCK], sum(stuck.values()), "pending", _updated(counted, *CAN_BE_STUCK)))
    return {
        "tiles": tiles,
        "new_count": sum(one.count for one in new.values()),
        "newest": tasks,
        "show": show,
        "shown_word": WORDS.get(show, ""),
        "shares": _shares(counted, stuck, show),
        "is_all": len(tasks) < MOST_SHOWN,
    }


def _tile(status: str, counted: Counted, new: dict[str, NewTasks]) -> Tile:
    count = sum(counts.by_status.get(status, 0) for _, counts in counted)
    came, is_cut = new.get(status), any(status in counts.cut for _, counts in counted)
    read = Tile(status, WORDS[status], count, status, _updated(counted, status), is_cut)
    return replace(read, new=came.count, last=came.last) if came else read


def _updated(counted: Counted, *statuses: str) -> datetime | None:
    """When the first of the workflows was read."""
    return min((counts.updated(*statuses) for _, counts in counted), default=None)


def _shares(counted: Counted, stuck: dict[int, int], show: str) -> list[Share]:
    """Most first."""
    numbers = stuck if show == STUCK else {index.pk: counts.by_status.get(show, 0) for index, counts in counted}
    found = [Share(_workflow_of(index), numbers.get(index.pk, 0), show in counts.cut) for index, counts in counted]
    return sorted((share for share in found if share.count), key=lambda share: -share.count)


def tasks_shown(
    user: User, indexes: list[WorkflowIndex], counted: Counted, show: str, since: datetime | None, now: datetime
) -> list[NewTask]:
    """Return the tasks behind the number that is shown, or the newest that need attention."""
    if show == STUCK:
        tasks = stuck_across(counted, MOST_SHOWN, now)
    elif show:
        tasks = needing_attention(indexes, MOST_SHOWN, statuses=(show,))
    else:
        tasks = needing_attention(indexes, MOST_NEW, since=now - NEW_FOR)
    keys = {_workflow_of(task.index).key_id for task in tasks}
    briefs = briefs_across(user, keys, [task.task_id for task in tasks]) if tasks else {}
    return [_new_task(task, briefs.get(_place(task)), since) for task in tasks]


def _new_task(task: IndexedTask, brief: Brief | None, since: datetime | None) -> NewTask:
    is_new = since is not None and task.updated_at is not None and task.updated_at > since
    if brief is None:
        return NewTask(task, str(task.task_id), is_new)
    text = telling_value(brief.fields or {}, _workflow_of(task.index).telling_field)
    return NewTask(task, str(task.task_id), is_new, text[:LONGEST_TEXT], brief.by)


def _place(task: IndexedTask) -> tuple[int, int, int]:
    workflow = _workflow_of(task.index)
    return workflow.key_id, workflow.workflow_id, task.task_id


def _workflow_of(index: WorkflowIndex) -> OpenedWorkflow:
    """Indexes of workflows that somebody has have one."""
    if index.workflow is None:
        raise ValueError("The index is on its way out")
    return index.workflow
