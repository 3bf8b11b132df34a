"""What came of an upload, tied to the archive's entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines_portal.submissions.models import SubmissionRow

from .models import ZipUpload

SHOWN = 100
CHUNK = 1000


@dataclass(frozen=True)
class RejectedTask:
    """`number` counts from 1, as people do."""

    number: int
    entry: str
    field: str
    message: str


def outcome_of(upload: ZipUpload) -> dict[str, Any]:
    """For the result page, bounded."""
    submission = upload.submission
    made_count = submission.success_count + submission.error_count
    rejected = submission.rows.filter(state=SubmissionRow.State.REJECTED)
    created = submission.rows.filter(state=SubmissionRow.State.CREATED)
    task_ids = [*created.values_list("task_id", flat=True)[:SHOWN], *submission.loose_task_ids[:SHOWN]][:SHOWN]
    return {
        "submission": submission,
        "rejected": [_told(upload, row) for row in rejected[:SHOWN]],
        "more_rejected": max(rejected.count() - SHOWN, 0),
        "task_ids": task_ids,
        "more_tasks": submission.success_count - len(task_ids),
        "made_count": made_count,
        "count_differs": made_count != upload.task_count,
    }


def rejected_tasks(upload: ZipUpload) -> Iterator[list[Any]]:
    """All rejected tasks, the head first."""
    yield ["task", "entry", "field", "message"]
    rejected = upload.submission.rows.filter(state=SubmissionRow.State.REJECTED)
    for row in rejected.iterator(CHUNK):
        told = _told(upload, row)
        yield [told.number, told.entry, told.field, told.message or upload.problem]


def _told(upload: ZipUpload, row: SubmissionRow) -> RejectedTask:
    entry = upload.entries[row.index] if row.index < len(upload.entries) else ""
    return RejectedTask(row.index + 1, entry, row.error_field, row.error_message)
