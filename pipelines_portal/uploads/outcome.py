"""The outcome of an upload: created and rejected tasks with the archive's entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.web.error_sentences import is_about_unknown_file, row_message

SHOWN = 100
CHUNK = 1000
REJECTED_HEADER = ("Row", "File", "Field", "Problem")


@dataclass(frozen=True)
class RejectedTask:
    """A rejected row. `number` counts from 1, and `label` is the title of the field that is wrong, if it is one."""

    number: int
    entry: str
    field: str
    label: str
    message: str


@dataclass(frozen=True)
class CreatedTask:
    """A created task with its entry, which may be unknown."""

    task_id: int
    entry: str = ""


def outcome_of(upload: ZipUpload) -> dict[str, Any]:
    """Return the context of the result page, with the first tasks only."""
    submission = upload.submission
    result_count = submission.success_count + submission.error_count
    rejected, created = _rejected_and_created(upload)
    more_rejected = _rejected(upload).count() - SHOWN if len(rejected) == SHOWN else 0
    return {
        "submission": submission,
        "rejected": rejected,
        "more_rejected": max(more_rejected, 0),
        "created": created,
        "more_tasks": submission.success_count - len(created),
        "result_count": result_count,
        "count_differs": result_count != upload.task_count,
    }


def _rejected_and_created(upload: ZipUpload) -> tuple[list[RejectedTask], list[CreatedTask]]:
    """Return the first tasks of both kinds. Created tasks with an entry come first."""
    submission = upload.submission
    created = submission.rows.filter(status=SubmissionRow.Status.CREATED, task_id__isnull=False)
    unattributed = submission.unattributed_tasks.values_list("task_id", flat=True)
    upload.refresh_from_db(fields=["entries", "preview"])
    refused, tied = _rejected(upload)[:SHOWN], created.values_list("index", "task_id")[:SHOWN]
    tasks = [CreatedTask(task_id, _entry(upload, index)) for index, task_id in tied if task_id]
    return [_rejected_task(upload, row) for row in refused], [*tasks, *map(CreatedTask, unattributed[:SHOWN])][:SHOWN]


def _rejected(upload: ZipUpload) -> QuerySet[SubmissionRow]:
    return upload.submission.rows.filter(status=SubmissionRow.Status.REJECTED)


def rejected_tasks(upload: ZipUpload) -> Iterator[list[Any]]:
    """Return all rejected tasks as the rows of a file."""
    for row in _rejected(upload).iterator(CHUNK):
        task = _rejected_task(upload, row)
        yield [task.number, task.entry, task.label, task.message or upload.problem]


def _rejected_task(upload: ZipUpload, row: SubmissionRow) -> RejectedTask:
    message = row_message(row.error_message, upload.labels, has_one_file_field=upload.has_one_file_field)
    field = "" if is_about_unknown_file(row.error_message) else row.error_field
    return RejectedTask(row.index + 1, _entry(upload, row.index), field, upload.labels.get(field, field), message)


def _entry(upload: ZipUpload, index: int) -> str:
    return str(upload.entries[index]) if index < len(upload.entries) else ""
