"""The rows of an upload that was sent: what became of each, and its task."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.result import (
    ATTENTION,
    ROWS_PER_PAGE,
    ResultRow,
    ResultRows,
    ResultSelection,
    RowChip,
    chips_of,
    rows_with_tasks,
)
from pipelines_portal.submissions.statuses import LOOKS
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.web.error_sentences import is_about_unknown_file, row_message

_S = SubmissionRow.Status
# The filters by their names in URLs: the word, and the status of the rows.
FILTERS = {
    "created": ("Created", _S.CREATED),
    "rejected": ("Rejected", _S.REJECTED),
    "waiting": ("Waiting", _S.WAITING),
    "unconfirmed": ("Unconfirmed", _S.UNCONFIRMED),
}
ALWAYS_SHOWN = ("", ATTENTION, "created", "rejected")
# The entry of a row from a spreadsheet: see `row_entry`.
_ROW_ENTRY = re.compile(r"Row ([0-9,]+)(?:: (.*))?", re.DOTALL)


@dataclass(frozen=True)
class UploadCounts:
    """The numbers of rows by what became of them."""

    total: int
    created: int
    rejected: int
    unconfirmed: int
    not_sent: int
    skipped: int = 0

    @property
    def to_send(self) -> int:
        return self.total


def count_rows(upload: ZipUpload) -> UploadCounts:
    """Count the rows. Created tasks that no row accounts for are counted, too."""
    submission = upload.submission
    created, rejected = submission.success_count, submission.error_count
    if not upload.is_over:
        return UploadCounts(upload.task_count, 0, 0, 0, upload.task_count)
    unconfirmed = submission.status == Submission.Status.UNCONFIRMED
    left = max(submission.row_count - created - rejected, 0) if unconfirmed else 0
    return UploadCounts(created + rejected + left, created, rejected, left, 0)


def upload_chips(
    upload: ZipUpload, selection: ResultSelection, counts: UploadCounts, index: WorkflowIndex | None
) -> list[RowChip]:
    """Return the filters of an upload."""
    needing = rows_with_tasks(upload.submission.rows.all(), index, ATTENTION).count() if counts.created else 0
    numbers = {
        "": counts.total, ATTENTION: needing, "created": counts.created, "rejected": counts.rejected,
        "waiting": counts.not_sent, "unconfirmed": counts.unconfirmed,
    }  # fmt: skip
    words = {"": "All", ATTENTION: "Needs attention"} | {name: word for name, (word, _) in FILTERS.items()}
    return chips_of(selection, words, numbers, ALWAYS_SHOWN)


def rejected_rows(upload: ZipUpload) -> QuerySet[SubmissionRow]:
    return upload.submission.rows.filter(status=_S.REJECTED)


def sent_rows(upload: ZipUpload, selection: ResultSelection, index: WorkflowIndex | None) -> ResultRows:
    """Return a page of the selected rows. Pages begin after the place of a row, which counts from 1."""
    rows = upload.submission.rows.all()
    if selection.is_by_task:
        rows = rows_with_tasks(rows, index, selection.show)
    elif selection.show:
        rows = rows.filter(status=FILTERS[selection.show][1])
    found = list(rows.filter(index__gte=selection.after).defer("fields")[: ROWS_PER_PAGE + 1])
    shown = found[:ROWS_PER_PAGE]
    task_ids = [row.task_id for row in shown if row.task_id]
    known = index.tasks.filter(task_id__in=task_ids) if index and task_ids else ()
    tasks = {task.task_id: task for task in known}
    return ResultRows(
        [_result_row(upload, row, tasks) for row in shown],
        selection,
        selection.query(shown[-1].index + 1) if len(found) > ROWS_PER_PAGE else "",
    )


def _result_row(upload: ZipUpload, row: SubmissionRow, tasks: dict[int, Any]) -> ResultRow:
    number, text = row.index + 1, entry_of(upload, row)
    if upload.sends_rows and (named := _ROW_ENTRY.fullmatch(text)):
        number, text = int(named[1].replace(",", "")), named[2] or ""
    reasons = [reason_of(upload, row)] if row.status == _S.REJECTED else []
    status = Submission.Status.SENDING if row.status == _S.WAITING else row.status
    return ResultRow(number, text, LOOKS[status], row.task_id, tasks.get(row.task_id or 0), reasons)


def entry_of(upload: ZipUpload, row: SubmissionRow) -> str:
    """Return the file or folder of the ZIP from which a task was made, or the name of its row; "" if it was deleted."""
    return str(upload.entries[row.index]) if row.index < len(upload.entries) else ""


def reason_of(upload: ZipUpload, row: SubmissionRow) -> tuple[str, str]:
    """Return the title of the wrong field, or "", and why the row was rejected."""
    message = row_message(row.error_message, upload.labels, has_one_file_field=upload.has_one_file_field)
    field = "" if is_about_unknown_file(row.error_message) else row.error_field
    return upload.labels.get(field, field), message or upload.problem
