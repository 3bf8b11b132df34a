"""The submission that created a task. The API does not return field values, so they come from what was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Acceptance, Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.reads import Made, read_made
from pipelines_portal.workflows.fields.field_values import FieldValues

# Key, workflow, task.
Place = tuple[int, int, int]


@dataclass(frozen=True)
class Origin:
    """The submission that created a task: who sent it, when and how, for everybody who may use the key.

    `fields` is what was sent; None for people who may not see the submission (`is_visible`), if nobody knows which row
    became the task, or if its values were removed. `row_number` is the row's number in the file of an import.
    """

    submission: Submission
    is_visible: bool
    fields: FieldValues | None
    row_number: int | None = None
    # The warnings that people accepted before it was sent, for those who may see the submission.
    accepted: tuple[Acceptance, ...] = ()


@dataclass(frozen=True)
class Brief:
    """The sender of a task, and its `fields` as in Origin."""

    by: str
    fields: FieldValues | None


def origin_of_task(
    reader: User, key: SavedKey, workflow_id: int, task_id: int, created_at: datetime | None = None
) -> Origin | None:
    """Return the origin of the task, or None if the portal did not create it with a key that the reader may use.

    `created_at` is when the task was created, if that is known: IDs may be given again.
    """
    made = _made_with(reader, [key.pk], workflow_id, task_id, created_at)
    if made is None:
        others = SavedKey.objects.usable_by(reader).exclude(pk=key.pk).values_list("pk", flat=True)
        made = _made_with(reader, list(others), workflow_id, task_id, created_at)
    if made is None:
        return None
    row = SubmissionRow.objects.filter(submission=OuterRef("pk"), task_id=task_id).values("number")[:1]
    found = Submission.objects.select_related("owner").annotate(row_number=Subquery(row))
    submission = found.filter(pk=made.submission_id).first()
    if submission is None:
        return None
    accepted = tuple(_accepted_for(submission, task_id)) if made.is_visible and submission.accepted_count else ()
    return Origin(submission, made.is_visible, made.fields, submission.row_number, accepted)  # type: ignore[attr-defined]


def _accepted_for(submission: Submission, task_id: int) -> QuerySet[Acceptance]:
    of_task = Acceptance.objects.filter(row__submission=submission, row__task_id=task_id)
    return of_task.select_related("by")


def _made_with(
    reader: User, key_ids: list[int], workflow_id: int, task_id: int, created_at: datetime | None
) -> Made | None:
    of_task = read_made(reader, key_ids, [task_id])
    return next((made for made in of_task if made.workflow_id == workflow_id and made.fits(created_at)), None)


def briefs_of_tasks(
    reader: User, key: SavedKey, workflow_id: int, created: Mapping[int, datetime | None]
) -> dict[int, Brief]:
    """Return the briefs of those tasks of a workflow that the portal created, by task ID.

    `created` says when each task was created, if that is known.
    """
    made = read_made(reader, [key.pk], list(created))
    return {
        each.task_id: Brief(each.by, each.fields)
        for each in made
        if each.workflow_id == workflow_id and each.fits(created[each.task_id])
    }


def briefs_across(reader: User, created: Mapping[Place, datetime | None]) -> dict[Place, Brief]:
    """Return the briefs of tasks of several workflows and keys."""
    made = read_made(reader, list({key_id for key_id, _, _ in created}), [task_id for _, _, task_id in created])
    by_place = {(each.key_id, each.workflow_id, each.task_id): each for each in made}
    return {place: Brief(each.by, each.fields) for place, each in by_place.items() if each.fits(created.get(place))}


def sent_from_here(key: SavedKey, workflow_id: int, task_ids: Iterable[int]) -> list[int]:
    """Return the IDs of those tasks that the portal created, in order."""
    place: dict[str, Any] = {
        "task_id__in": list(task_ids),
        "submission__key": key,
        "submission__workflow_id": workflow_id,
    }
    rows = SubmissionRow.objects.filter(**place).order_by().values_list("task_id", flat=True)
    unattributed = UnattributedTask.objects.filter(**place).order_by().values_list("task_id", flat=True)
    return sorted(task_id for task_id in rows.union(unattributed) if task_id)


def title_of(fields: FieldValues, title_field: str = "") -> str:
    """Return the title of a row: its text in `title_field`, else its first text of several words, else its first text.

    A code in the field is followed by that text: "A-104418 · Nordwind Logistik AG". Return "" if it has no text.
    """
    title = " ".join(_as_text(fields.get(title_field)).split())
    if " " in title:
        return title
    texts = [" ".join(text.split()) for text in map(_as_text, fields.values()) if text.strip()]
    words = next((text for text in texts if " " in text), "")
    if title and words:
        return f"{title} · {words}"
    return title or words or (texts[0] if texts else "")


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_as_text, value))
    return "" if value is None else str(value)
