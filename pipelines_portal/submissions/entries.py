"""A row of the ledger as it is written into files."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django.db.models import prefetch_related_objects

from pipelines_portal.fields.base import FieldValues
from pipelines_portal.web import times
from pipelines_portal.web.encryption import Undecryptable

from .models import Submission, SubmissionRow
from .reasons import in_words
from .rows import CHUNK, NotKept, fields_of_rows, only_fields

SEALED = "The values cannot be opened: the encryption key they were saved with is missing."


@dataclass(frozen=True)
class Entry:
    """`values` is empty where they cannot be opened, which `message` says, or are kept no more."""

    NAMES: ClassVar = (
        "sent", "by", "workflow_id", "workflow", "way", "submission", "state", "row", "row_state", "task_id",
        "field", "message",
    )  # fmt: skip
    HEADS: ClassVar = (
        "When (UTC)", "By", "Workflow ID", "Workflow", "From", "Submission", "State", "Row", "Row's state", "Task ID",
        "Wrong field", "What is wrong",
    )  # fmt: skip

    sent: str
    by: str
    workflow_id: int
    workflow: str
    way: str
    submission: str
    state: str
    row: int | None = None
    row_state: str = ""
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
        "state": submission.get_state_display(),
    }
    if not submission.row_count:
        yield Entry(**of_all, message=submission.reason, values={})
    for row, values, problem in _with_values(submission):
        yield Entry(
            **of_all,
            row=row.index + 1,
            row_state=row.get_state_display(),
            task_id=row.task_id,
            field=row.error_field,
            message=" ".join(filter(None, (in_words(row.error_message), problem))),
            values=values,
        )


def read_ahead(submissions: list[Submission]) -> None:
    """What `entries_of` wants of single tasks, which are many, for all of them at once."""
    prefetch_related_objects([each for each in submissions if each.row_count == 1], "rows", "blocks")


def _with_values(submission: Submission) -> Iterator[tuple[SubmissionRow, FieldValues, str]]:
    """Each with what keeps its values from being opened."""
    last = -1
    try:
        for row, fields in _opened(submission):
            yield row, fields, ""
            last = row.index
    except Undecryptable as error:
        problem = why_without_values(error)
        yield from ((row, {}, problem) for row in submission.rows.filter(index__gt=last).iterator(CHUNK))


def why_without_values(error: Undecryptable) -> str:
    """For the row; nothing of what was kept for as long as was asked for."""
    return "" if isinstance(error, NotKept) else SEALED


def _opened(submission: Submission) -> Iterable[tuple[SubmissionRow, FieldValues]]:
    """Raises Undecryptable."""
    rows = submission.rows.all()
    if submission.row_count == 1:
        return [(row, only_fields(submission)) for row in rows]
    return fields_of_rows(submission, list(rows))
