"""What a task was made of: the API gives no field values back, so the ledger is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.web.encryption import Undecryptable

from .models import LooseTask, Submission, SubmissionRow
from .opening import opened
from .rows import fields_of


@dataclass(frozen=True)
class Origin:
    """The submission that made a task: who, when and by what, for all who may use the key.

    `fields` is what it sent; None for people who may not see the submission (`is_visible`), and where nobody knows
    which row became the task, or its values can no longer be opened.
    """

    submission: Submission
    is_visible: bool
    fields: FieldValues | None


def origin_of_task(reader: User, key: SavedKey, workflow_id: int, task_id: int) -> Origin | None:
    """None when nobody sent it from here."""
    place = {"task_id": task_id, "submission__key": key, "submission__workflow_id": workflow_id}
    row = SubmissionRow.objects.filter(**place).select_related("submission__owner").first()
    loose = None if row else LooseTask.objects.filter(**place).select_related("submission__owner").first()
    submission = row.submission if row else loose.submission if loose else None
    if submission is None:
        return None
    is_visible = Submission.objects.visible_to(reader).filter(pk=submission.pk).exists()
    return Origin(submission, is_visible, _fields(row) if row and is_visible else None)


def _fields(row: SubmissionRow) -> FieldValues | None:
    try:
        return fields_of(row)
    except Undecryptable:
        return None


# Key, workflow, task.
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Brief:
    """Who made a task; `fields` as in Origin."""

    by: str
    fields: FieldValues | None


def briefs_of_tasks(reader: User, key: SavedKey, workflow_id: int, task_ids: Iterable[int]) -> dict[int, Brief]:
    """Of those that were sent from here. A handful of queries, however many there are."""
    found = _briefs(reader, task_id__in=list(task_ids), submission__key=key, submission__workflow_id=workflow_id)
    return {task_id: brief for (_, _, task_id), brief in found.items()}


def sent_from_here(key: SavedKey, workflow_id: int, task_ids: Iterable[int]) -> list[int]:
    """Which of them are known to be, in order."""
    place = {"task_id__in": list(task_ids), "submission__key": key, "submission__workflow_id": workflow_id}
    rows = SubmissionRow.objects.filter(**place).order_by().values_list("task_id", flat=True)
    loose = LooseTask.objects.filter(**place).order_by().values_list("task_id", flat=True)
    return sorted(task_id for task_id in rows.union(loose) if task_id)


def briefs_across(reader: User, key_ids: Iterable[int], task_ids: Iterable[int]) -> dict[Place, Brief]:
    """The same, over several workflows and keys at once."""
    return _briefs(reader, task_id__in=list(task_ids), submission__key__in=list(key_ids))


def _briefs(reader: User, **place: Any) -> dict[Place, Brief]:
    rows = list(SubmissionRow.objects.filter(**place).select_related("submission__owner"))
    loose = LooseTask.objects.filter(**place).select_related("submission__owner")
    briefs = {_place(task): Brief(str(task.submission.owner), None) for task in loose}
    visible = _visible_to(reader, {row.submission_id for row in rows}) if rows else set()
    fields = dict(opened((row for row in rows if row.submission_id in visible), at_once=max(len(rows), 1)))
    return briefs | {_place(row): Brief(str(row.submission.owner), fields.get(row)) for row in rows}


def _place(made: SubmissionRow | LooseTask) -> Place:
    return made.submission.key_id or 0, made.submission.workflow_id, made.task_id or 0


def _visible_to(reader: User, submission_ids: set[UUID]) -> set[UUID]:
    return set(Submission.objects.visible_to(reader).filter(pk__in=submission_ids).values_list("pk", flat=True))
