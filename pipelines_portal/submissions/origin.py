"""Which submission made a task: the API gives no field values back, so the ledger is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.reads import read_made
from pipelines_portal.workflows.fields.base import FieldValues

# Key, workflow, task.
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Origin:
    """The submission that made a task: who, when and by what, for all who may use the key.

    `fields` is what it sent; None for people who may not see the submission (`is_visible`), and where nobody knows
    which row became the task, or its values were removed.
    """

    submission: Submission
    is_visible: bool
    fields: FieldValues | None


@dataclass(frozen=True)
class Brief:
    """Who made a task; `fields` as in Origin."""

    by: str
    fields: FieldValues | None


def origin_of_task(reader: User, key: SavedKey, workflow_id: int, task_id: int) -> Origin | None:
    """None when nobody sent it from here."""
    for made in read_made(reader, [key.pk], [task_id]):
        if made.workflow_id == workflow_id:
            submission = Submission.objects.select_related("owner").filter(pk=made.submission_id).first()
            return Origin(submission, made.is_visible, made.fields) if submission else None
    return None


def briefs_of_tasks(reader: User, key: SavedKey, workflow_id: int, task_ids: Iterable[int]) -> dict[int, Brief]:
    """Of those that were sent from here, however many there are."""
    found = briefs_across(reader, [key.pk], task_ids)
    return {task_id: brief for (_, workflow, task_id), brief in found.items() if workflow == workflow_id}


def briefs_across(reader: User, key_ids: Iterable[int], task_ids: Iterable[int]) -> dict[Place, Brief]:
    """The same, over several workflows and keys at once."""
    made = read_made(reader, list(key_ids), list(task_ids))
    return {(each.key_id, each.workflow_id, each.task_id): Brief(each.by, each.fields) for each in made}


def sent_from_here(key: SavedKey, workflow_id: int, task_ids: Iterable[int]) -> list[int]:
    """Which of them are known to be, in order."""
    place: dict[str, Any] = {
        "task_id__in": list(task_ids),
        "submission__key": key,
        "submission__workflow_id": workflow_id,
    }
    rows = SubmissionRow.objects.filter(**place).order_by().values_list("task_id", flat=True)
    unattributed = UnattributedTask.objects.filter(**place).order_by().values_list("task_id", flat=True)
    return sorted(task_id for task_id in rows.union(unattributed) if task_id)
