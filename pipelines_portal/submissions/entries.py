"""A row of the ledger as it is written into files."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django.db.models import prefetch_related_objects

from pipelines_portal.api_client.messages import row_message
from pipelines_portal.core import times
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.rows import CHUNK
from pipelines_portal.workflows.fields.base import FieldValues


@dataclass(frozen=True)
class Entry:
    """`values` is empty once they were removed."""

    NAMES: ClassVar = (
        "sent", "by", "workflow_id", "workflow", "way", "submission", "status", "row", "row_status", "task_id",
        "field", "message",
    )  # fmt: skip
    HEADS: ClassVar = (
        "When (UTC)", "By", "Workflow ID", "Workflow", "From", "Submission", "Status", "Row", "Row's status", "Task ID",
        "Wrong field", "What is wrong",
    )  # fmt: skip

    sent: str
    by: str
    workflow_id: int
    workflow: str
    way: str
    submission: str
    status: str
    row: int | None = None
    row_status: str = ""
    task_id: int | None = None
    field: str = ""
    message: str = ""
    values: FieldValues = None  # type: ignore[assignment]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def entries_of(submission: Submission) -> Iterator[Entry]:
    """One a row; one alone where it has no rows of its own: what came of an archive."""
    of_all: dict[str, Any] = {
        "sent": times.machine(submission.sent_at or submission.created_at),
        "by": submission.owner.email,
        "workflow_id": submission.workflow_id,
        "workflow": submission.workflow_name,
        "way": submission.get_kind_display(),
        "submission": str(submission.pk),
        "status": submission.get_status_display(),
    }
    if not submission.row_count:
        yield Entry(**of_all, message=submission.reason, values={})
    for row in _rows(submission):
        yield Entry(
            **of_all,
            row=row.index + 1,
            row_status=row.get_status_display(),
            task_id=row.task_id,
            field=row.error_field,
            message=row_message(row.error_message),
            values=row.fields or {},
        )


def read_ahead(submissions: list[Submission]) -> None:
    """Read the rows of single tasks, which are many, for all of them at once."""
    prefetch_related_objects([each for each in submissions if each.row_count == 1], "rows")


def _rows(submission: Submission) -> Iterable[SubmissionRow]:
    """Those of a single task were read ahead."""
    return submission.rows.all() if submission.row_count == 1 else submission.rows.iterator(CHUNK)
