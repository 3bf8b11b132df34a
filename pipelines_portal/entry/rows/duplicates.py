"""The duplicates of an import."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.submissions.models import SubmissionRow

DUPLICATES_SHOWN = 5


@dataclass(frozen=True)
class Duplicate:
    """A row that equals another row or a task. The task is not known while its request is unconfirmed."""

    row: int
    duplicate_of_row: int | None
    duplicate_of_task: int | None
    sent_by: User | None
    sent_at: datetime | None


def duplicates_to_decide(import_job: ImportJob) -> QuerySet[ImportRow]:
    """Return the duplicates in order, without the copies that are still as the tasks they are to replace."""
    duplicates = import_job.rows.filter(status=ImportRow.Status.DUPLICATE)
    return duplicates.exclude(corrects_task=F("duplicate_of_task")).order_by("number")


def count_unchanged_copies(import_job: ImportJob) -> int:
    """Return how many rows are corrected copies in which nothing was changed."""
    copies = import_job.rows.filter(status=ImportRow.Status.DUPLICATE, corrects_task=F("duplicate_of_task"))
    return copies.count() if import_job.is_typed else 0


def first_duplicates(import_job: ImportJob) -> list[Duplicate]:
    """Return the first duplicates, each with the person who sent the task."""
    rows = list(duplicates_to_decide(import_job).defer("cells", "edits", "fields")[:DUPLICATES_SHOWN])
    tasks = [row.duplicate_of_task for row in rows if row.duplicate_of_task]
    found = SubmissionRow.objects.filter(task_id__in=tasks, submission__workflow_id=import_job.workflow_id)
    sent = {row.task_id: row.submission for row in found.defer("fields").select_related("submission__owner")}
    return [_duplicate(row, sent) for row in rows]


def _duplicate(row: ImportRow, sent: dict[int | None, Any]) -> Duplicate:
    submission = sent.get(row.duplicate_of_task) if row.duplicate_of_task else None
    sent_by, sent_at = (submission.owner, submission.sent_at) if submission else (None, None)
    return Duplicate(row.number, row.duplicate_of_row, row.duplicate_of_task, sent_by, sent_at)
