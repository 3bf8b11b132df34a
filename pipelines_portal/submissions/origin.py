"""What a task was made of: the API gives no field values back, so the ledger is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet, Subquery

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import NUMBERS, Asked, Given, prepared
from pipelines_portal.shared.together import together

from .models import LooseTask, RowBlock, Submission, SubmissionRow
from .opening import Where, opened_at


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
    place = {"reader": reader.pk, "key": key.pk, "workflow": workflow_id, "task": task_id}
    row = _row_of.first(**place)
    if row is None:
        loose = _loose_of.first(**place)
        return Origin(loose.submission, loose.is_visible, None) if loose else None
    fields = opened_at([Where(row.block, row.submission_id, row.index)]) if row.is_visible and row.block else {}
    return Origin(row.submission, row.is_visible, next(iter(fields.values()), None))


PLACE = {name: BigIntegerField() for name in ("reader", "key", "workflow", "task")}


@prepared(**PLACE)
def _row_of(reader: Given, key: Given, workflow: Given, task: Given) -> QuerySet[Any]:
    made = SubmissionRow.objects.filter(task_id=task, submission__key=key, submission__workflow_id=workflow)
    return made.select_related("submission__owner").annotate(is_visible=_is_visible(reader), block=_block())[:1]


@prepared(**PLACE)
def _loose_of(reader: Given, key: Given, workflow: Given, task: Given) -> QuerySet[Any]:
    made = LooseTask.objects.filter(task_id=task, submission__key=key, submission__workflow_id=workflow)
    return made.select_related("submission__owner").annotate(is_visible=_is_visible(reader))[:1]


def _is_visible(reader: Given) -> Exists:
    return Exists(Submission.objects.visible_to(reader).filter(pk=OuterRef("submission")))


def _block() -> Subquery:
    """That holds what the row says."""
    blocks = RowBlock.objects.filter(submission=OuterRef("submission"), first__lte=OuterRef("index"))
    return Subquery(blocks.order_by("-first").values("pk")[:1])


# Key, workflow, task.
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Brief:
    """Who made a task; `fields` as in Origin."""

    by: str
    fields: FieldValues | None


def briefs_of_tasks(reader: User, key: SavedKey, workflow_id: int, task_ids: Iterable[int]) -> dict[int, Brief]:
    """Of those that were sent from here. Two queries at most, however many there are."""
    found = briefs_across(reader, [key.pk], task_ids)
    return {task_id: brief for (_, workflow, task_id), brief in found.items() if workflow == workflow_id}


def sent_from_here(key: SavedKey, workflow_id: int, task_ids: Iterable[int]) -> list[int]:
    """Which of them are known to be, in order."""
    return sorted(task_id for task_id in _sent.all(key=key.pk, workflow=workflow_id, tasks=list(task_ids)) if task_id)


def briefs_across(reader: User, key_ids: Iterable[int], task_ids: Iterable[int]) -> dict[Place, Brief]:
    """The same, over several workflows and keys at once."""
    return briefs_in(*together(*briefs_asked(reader, key_ids, task_ids)))


def briefs_asked(reader: User, key_ids: Iterable[int], task_ids: Iterable[int]) -> "tuple[Asked[Any], Asked[Any]]":
    """What `briefs_in` is to be given."""
    keys, tasks = list(key_ids), list(task_ids)
    return _rows.asked(reader=reader.pk, keys=keys, tasks=tasks), _loose.asked(keys=keys, tasks=tasks)


def briefs_in(made: list[tuple[Any, ...]], loose: list[tuple[Any, ...]]) -> dict[Place, Brief]:
    rows = [_Made(*row) for row in made]
    briefs = {(key, workflow, task): Brief(name or email, None) for key, workflow, task, name, email in loose}
    fields = opened_at([row.where for row in rows if row.is_visible and row.block])
    return briefs | {row.place: Brief(row.name or row.email, fields.get(row.where)) for row in rows}


class _Made(NamedTuple):
    """A row that became a task."""

    key: int
    workflow: int
    task: int
    name: str
    email: str
    submission: UUID
    row: int
    # That holds what was sent; None when it is no longer kept.
    block: int | None
    is_visible: bool

    @property
    def place(self) -> Place:
        return self.key, self.workflow, self.task

    @property
    def where(self) -> Where:
        return Where(self.block or 0, self.submission, self.row)


@prepared(reader=BigIntegerField(), keys=NUMBERS, tasks=NUMBERS)
def _rows(reader: Given, keys: Given, tasks: Given) -> QuerySet[SubmissionRow, tuple[Any, ...]]:
    made = SubmissionRow.objects.filter(task_id__in=tasks, submission__key__in=keys).order_by()
    return made.values_list(
        "submission__key", "submission__workflow_id", "task_id", "submission__owner__name", "submission__owner__email",
        "submission", "index", _block(), _is_visible(reader),
    )  # fmt: skip


@prepared(keys=NUMBERS, tasks=NUMBERS)
def _loose(keys: Given, tasks: Given) -> QuerySet[LooseTask, tuple[Any, ...]]:
    made = LooseTask.objects.filter(task_id__in=tasks, submission__key__in=keys).order_by()
    whose = "submission__owner__name", "submission__owner__email"
    return made.values_list("submission__key", "submission__workflow_id", "task_id", *whose)


@prepared(key=BigIntegerField(), workflow=BigIntegerField(), tasks=NUMBERS)
def _sent(key: Given, workflow: Given, tasks: Given) -> QuerySet[SubmissionRow, int | None]:
    place = {"task_id__in": tasks, "submission__key": key, "submission__workflow_id": workflow}
    rows = SubmissionRow.objects.filter(**place).order_by().values_list("task_id", flat=True)
    return rows.union(LooseTask.objects.filter(**place).order_by().values_list("task_id", flat=True))
