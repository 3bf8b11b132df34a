"""What needs attention: decisions of a person, and the tasks that failed, wait for a person, or do not move."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION, TaskStatus
from pipelines_portal.core.decisions import Decision, decisions_requested
from pipelines_portal.core.times import day_and_hour
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import state_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.origin import Brief, briefs_across, telling_value
from pipelines_portal.submissions.team import unknown_for
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import Counted, NewTasks, needing_attention, stuck_across
from pipelines_portal.workflows.models import OpenedWorkflow

MAX_UNCONFIRMED, MAX_KEYS = 4, 50
# The states of a key, by their names in `state_of`, in which its owner must act.
KEY_STATES_TO_DECIDE = {"unreadable", "rejected", "over", "ends"}

STUCK = "stuck"
TILE_LABELS = {status.value: status.label for status in NEEDS_ATTENTION} | {STUCK: "Not moved for long"}
# Without a chosen number, so many tasks are listed that changed so lately.
MAX_NEW, NEW_FOR = 8, timedelta(days=7)
MAX_SHOWN = 50
MAX_TEXT_LENGTH = 160


# --- decisions --------------------------------------------------------------------------------------------------------


def decisions_for(user: User) -> list[Decision]:
    """Return the decisions of this person: unconfirmed submissions, those of other apps, then their own keys."""
    responses: list[Any] = [decisions for _, decisions in decisions_requested.send(User, user=user)]
    of_other_apps = [decision for decisions in responses for decision in decisions]
    return [*_submission_decisions(user), *of_other_apps, *_key_decisions(user)]


def _submission_decisions(user: User) -> list[Decision]:
    """Return those of unconfirmed submissions that no import sent. An import has a decision of its own."""
    unconfirmed = [one for one in unknown_for(user) if one.key_id and not one.is_called_off and not one.is_of_import]
    return [_submission_decision(submission, user) for submission in unconfirmed[:MAX_UNCONFIRMED]]


def _submission_decision(submission: Submission, user: User) -> Decision:
    who = "You" if submission.owner_id == user.pk else str(submission.owner)
    when = day_and_hour(submission.sent_at or submission.created_at, timezone.now())
    sentence = f"{who} sent {submission.label}: {when}. The answer was lost, so it is not known whether tasks exist."
    address = reverse("submissions:detail", args=[submission.pk])
    return Decision("A submission waits for a decision", sentence, "Look and decide", address)


def _key_decisions(user: User) -> list[Decision]:
    """Return those of the user's own keys. Pages of workflows name the problems of a shared key."""
    decisions = map(_key_decision, SavedKey.objects.filter(owner=user)[:MAX_KEYS])
    return [decision for decision in decisions if decision]


def _key_decision(key: SavedKey) -> Decision | None:
    state = state_of(key)
    if state.name not in KEY_STATES_TO_DECIDE:
        return None
    sentence = "Nobody can work with its workflows until it is replaced."
    if state.name == "ends":
        sentence = "Replace it before that, so that nobody stands still."
    address = reverse("keys:detail", args=[key.pk])
    return Decision(f"{key.name}: {state.word.lower()}", sentence, "Go to the key", address, state.tone)


# --- tasks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tile:
    """A number that links to its tasks. `icon` is the status whose icon and color it has.

    `is_cut`: there are more tasks than were counted. `new` counts those that came since the last visit, and
    `last_at` is when the last of them changed.
    """

    name: str
    label: str
    count: int
    icon: str
    updated: datetime | None
    is_cut: bool = False
    new: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True)
class ShownTask:
    """A task, with the text and the sender of its submission, if it was sent from here and the user may see it."""

    task: IndexedTask
    number: str
    is_new: bool
    text: str = ""
    sender: str = ""


@dataclass(frozen=True)
class Share:
    """How many tasks of the shown number one workflow has. `is_cut`: there are more than were counted."""

    workflow: OpenedWorkflow
    count: int
    is_cut: bool = False


def attention_context(
    counted: Counted, stuck: dict[int, int], show: str, new: dict[str, NewTasks], tasks: list[ShownTask]
) -> dict[str, Any]:
    """Return the numbers, and the tasks below them. `show` is the name of the tile whose tasks are listed, or empty."""
    tiles = [_build_tile(status, counted, new.get(status)) for status in NEEDS_ATTENTION]
    updated = _updated(counted, *CAN_BE_STUCK)
    tiles.append(Tile(STUCK, TILE_LABELS[STUCK], sum(stuck.values()), TaskStatus.PENDING, updated))
    return {
        "tiles": tiles,
        "new_count": sum(one.count for one in new.values()),
        "tasks": tasks,
        "show": show,
        "shown_label": TILE_LABELS.get(show, ""),
        "shares": _shares(counted, stuck, show),
        "is_all": len(tasks) < MAX_SHOWN,
    }


def _build_tile(status: str, counted: Counted, new: NewTasks | None) -> Tile:
    count = sum(counts.without_muted(status) for _, counts in counted)
    is_cut = any(status in counts.cut for _, counts in counted)
    tile = Tile(status, TILE_LABELS[status], count, status, _updated(counted, status), is_cut)
    return replace(tile, new=new.count, last_at=new.last) if new else tile


def _updated(counted: Counted, *statuses: str) -> datetime | None:
    """Return when the first of the workflows was read."""
    return min((counts.updated(*statuses) for _, counts in counted), default=None)


def _shares(counted: Counted, stuck: dict[int, int], show: str) -> list[Share]:
    """Return the workflows with tasks of the shown number, the largest count first."""
    numbers = stuck if show == STUCK else {index.pk: counts.without_muted(show) for index, counts in counted}
    shares = [Share(_workflow_of(index), numbers.get(index.pk, 0), show in counts.cut) for index, counts in counted]
    return sorted((share for share in shares if share.count), key=lambda share: -share.count)


def shown_tasks(
    user: User, indexes: list[WorkflowIndex], counted: Counted, show: str, since: datetime | None, now: datetime
) -> list[ShownTask]:
    """Return the tasks of the shown number, or the newest tasks that need attention."""
    if show == STUCK:
        tasks = stuck_across(counted, MAX_SHOWN, now)
    elif show:
        tasks = needing_attention(indexes, MAX_SHOWN, statuses=(show,))
    else:
        tasks = needing_attention(indexes, MAX_NEW, since=now - NEW_FOR)
    keys = {_workflow_of(task.index).key_id for task in tasks}
    briefs = briefs_across(user, keys, [task.task_id for task in tasks]) if tasks else {}
    return [_build_shown_task(task, briefs.get(_identity(task)), since) for task in tasks]


def _build_shown_task(task: IndexedTask, brief: Brief | None, since: datetime | None) -> ShownTask:
    is_new = since is not None and task.updated_at is not None and task.updated_at > since
    if brief is None:
        return ShownTask(task, str(task.task_id), is_new)
    text = telling_value(brief.fields or {}, _workflow_of(task.index).telling_field)
    return ShownTask(task, str(task.task_id), is_new, text[:MAX_TEXT_LENGTH], brief.by)


def _identity(task: IndexedTask) -> tuple[int, int, int]:
    workflow = _workflow_of(task.index)
    return workflow.key_id, workflow.workflow_id, task.task_id


def _workflow_of(index: WorkflowIndex) -> OpenedWorkflow:
    """Return the workflow. Only an index that is being deleted has none, and pages never show its tasks."""
    if index.workflow is None:
        raise ValueError("The index is being deleted")
    return index.workflow
