"""What came of an upload, tied to the archive's entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.reasons import in_words

from .models import ZipUpload

SHOWN = 100
CHUNK = 1000


@dataclass(frozen=True)
class RejectedTask:
    """`number` counts from 1, as people do; `label` is what people call the field."""

    number: int
    entry: str
    field: str
    label: str
    message: str


@dataclass(frozen=True)
class CreatedTask:
    """`entry` is what it was made of; "" where nobody said."""

    task_id: int
    entry: str = ""


def outcome_of(upload: ZipUpload) -> dict[str, Any]:
    """For the result page, bounded."""
    submission = upload.submission
    made_count = submission.success_count + submission.error_count
    rejected = submission.rows.filter(state=SubmissionRow.State.REJECTED)
    created = created_tasks(upload)
    return {
        "submission": submission,
        "rejected": [_told(upload, row) for row in rejected[:SHOWN]],
        "more_rejected": max(rejected.count() - SHOWN, 0),
        "created": created,
        "more_tasks": submission.success_count - len(created),
        "made_count": made_count,
        "count_differs": made_count != upload.task_count,
    }


def created_tasks(upload: ZipUpload) -> list[CreatedTask]:
    """The first of them, those tied to an entry before the others."""
    rows = upload.submission.rows.filter(state=SubmissionRow.State.CREATED).values_list("index", "task_id")
    tied = [CreatedTask(task_id, _entry(upload, index)) for index, task_id in rows[:SHOWN] if task_id is not None]
    return [*tied, *map(CreatedTask, upload.submission.loose_task_ids)][:SHOWN]


def rejected_tasks(upload: ZipUpload) -> Iterator[list[Any]]:
    """All rejected tasks, the head first."""
    yield ["task", "entry", "field", "message"]
    rejected = upload.submission.rows.filter(state=SubmissionRow.State.REJECTED)
    for row in rejected.iterator(CHUNK):
        told = _told(upload, row)
        yield [told.number, told.entry, told.field, told.message or upload.problem]


def _told(upload: ZipUpload, row: SubmissionRow) -> RejectedTask:
    message = in_words(row.error_message, upload.labels)
    label = upload.labels.get(row.error_field, row.error_field)
    return RejectedTask(row.index + 1, _entry(upload, row.index), row.error_field, label, message)


def _entry(upload: ZipUpload, index: int) -> str:
    return str(upload.entries[index]) if index < len(upload.entries) else ""
