"""Writing down what became of a submission that was sent."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone

from pipelines_portal.api_client import (
    ApiError,
    InvalidRequest,
    PayloadTooLarge,
    PipelinesError,
    RowError,
    ValidationFailed,
)

from .models import Submission, SubmissionRow
from .rows import CHUNK

LOST = "The sending was interrupted before an answer came. Tasks may have been created."
NONE_ACCEPTED = "The API accepted none of the rows."
REFUSALS_OF_THE_ROWS = (ValidationFailed, PayloadTooLarge, InvalidRequest)


class Created(Protocol):
    """What the API says after creating: from POST tasks, and from a completed upload."""

    @property
    def success_count(self) -> int | None: ...
    @property
    def error_count(self) -> int | None: ...
    @property
    def errors(self) -> list[RowError] | None: ...
    @property
    def task_ids(self) -> list[int] | None: ...


@dataclass(frozen=True)
class Refusal:
    """Why a row was rejected, all entries about it in one."""

    field: str
    message: str


def record_created(submission: Submission, created: Created) -> bool:
    """Done, partly or rejected, row by row. False when a later try or a person decided meanwhile."""
    errors, task_ids = created.errors or [], created.task_ids or []
    success, failed = created.success_count or 0, created.error_count or 0
    refusals = refusals_by_row(((error.index, error.field_name or "", error.message) for error in errors), submission)
    state = _verdict(success, failed)
    with transaction.atomic():
        if not _finish(submission, state=state, success_count=success, error_count=failed):
            return False
        write_rows(submission, refusals, task_ids)
    return True


def record_failure(submission: Submission, error: PipelinesError) -> bool:
    """Unknown when tasks may exist; rejected when the API refused the rows; else a draft that may be sent again."""
    if error.maybe_processed:
        return record_unknown(submission, f"{sentence(error)} Tasks may have been created.")
    if isinstance(error, REFUSALS_OF_THE_ROWS):
        rows = named_rows(error)
        return record_rejected(submission, NONE_ACCEPTED if rows else sentence(error), rows)
    return record_not_sent(submission, f"{sentence(error)} Nothing was created.")


def record_not_sent(submission: Submission, reason: str) -> bool:
    """Back to a draft: nothing was created, and the same rows may be sent again."""
    return _finish(submission, state=Submission.State.DRAFT, reason=reason, finished_at=None)


def record_rejected(submission: Submission, reason: str, entries: Iterable[tuple[int, str, str]] = ()) -> bool:
    """Every row was refused; `entries` say why, as (index, field, message), where the API named rows."""
    refusals = refusals_by_row(entries, submission)
    count = submission.row_count
    everyone = {index: refusals.get(index, Refusal("", "")) for index in range(count)}
    with transaction.atomic():
        finished = _finish(
            submission, state=Submission.State.REJECTED, reason=reason, success_count=0, error_count=count
        )
        if finished:
            write_rows(submission, everyone, [])
    return finished


def record_unknown(submission: Submission, reason: str) -> bool:
    with transaction.atomic():
        finished = _finish(submission, state=Submission.State.UNKNOWN, reason=reason)
        if finished:
            submission.rows.update(state=SubmissionRow.State.UNKNOWN)
    return finished


def settle_interrupted(**where: Any) -> None:
    """Sendings whose process died on the way become unknown. Cheap: call it before showing any."""
    overdue = Submission.objects.filter(state=Submission.State.SENDING, sending_until__lt=timezone.now(), **where)
    for submission in overdue:
        record_unknown(submission, LOST)


def sentence(error: PipelinesError) -> str:
    """What the API (or the way to it) said, ended with a full stop."""
    text = (error.message if isinstance(error, ApiError) else str(error)).strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _verdict(success: int, failed: int) -> str:
    if not failed:
        return Submission.State.DONE
    return Submission.State.PARTLY if success else Submission.State.REJECTED


def _finish(submission: Submission, **values: Any) -> bool:
    """Write the outcome of *this* try: not when a later one has begun, nor when a person has decided meanwhile."""
    open_states = (Submission.State.SENDING, Submission.State.UNKNOWN)
    mine = Submission.objects.filter(pk=submission.pk, attempt=submission.attempt, state__in=open_states)
    finished = mine.update(**{"reason": "", "sending_until": None, "finished_at": timezone.now()} | values)
    submission.refresh_from_db()
    return bool(finished)


def write_rows(submission: Submission, refusals: Mapping[int, Refusal], task_ids: list[int]) -> None:
    """Task ids follow the order of the rows that went well; when their numbers differ nobody knows which is whose."""
    fine = [index for index in range(submission.row_count) if index not in refusals]
    if len(fine) == len(task_ids):
        _upsert(submission, [_created(index, task_id) for index, task_id in zip(fine, task_ids, strict=True)])
    else:
        submission.rows.filter(state=SubmissionRow.State.WAITING).update(state=SubmissionRow.State.UNKNOWN)
        submission.loose_task_ids = task_ids
        submission.save(update_fields=["loose_task_ids"])
    _upsert(submission, [_rejected(index, refusal) for index, refusal in refusals.items()])


def _created(index: int, task_id: int) -> SubmissionRow:
    return SubmissionRow(index=index, state=SubmissionRow.State.CREATED, task_id=task_id)


def _rejected(index: int, refusal: Refusal) -> SubmissionRow:
    return SubmissionRow(
        index=index,
        state=SubmissionRow.State.REJECTED,
        error_field=refusal.field[:200],
        error_message=refusal.message,
    )


def _upsert(submission: Submission, rows: list[SubmissionRow]) -> None:
    """Update many rows at once: an insert that always meets the row that is there, and leaves its payload alone."""
    for row in rows:
        row.submission = submission
        row.payload = b""
    SubmissionRow.objects.bulk_create(
        rows,
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["submission", "index"],
        update_fields=["state", "task_id", "error_field", "error_message"],
    )


def refusals_by_row(entries: Iterable[tuple[int, str, str]], submission: Submission) -> dict[int, Refusal]:
    """(index, field, message) entries, several a row perhaps, as one refusal a row. Rows we never sent are dropped."""
    refusals: dict[int, Refusal] = {}
    for index, field, message in entries:
        if not 0 <= index < submission.row_count:
            continue
        earlier = refusals.get(index)
        refusals[index] = (
            Refusal(earlier.field, f"{earlier.message}; {message}") if earlier else Refusal(field, message)
        )
    return refusals


_NAMED_ROW = re.compile(r"(?:^|[:;] )tasks\.(\d{1,6})(?:\.fields)?(?:\.([^\s:]+))?: ")
_NAMED_FIELD = re.compile(r"(?:Unknown field|Missing required columns): ([^,;]+)|Invalid value for ([^:]+):")


def named_rows(error: ApiError) -> list[tuple[int, str, str]]:
    """The rows that a refusal of the whole request names: in its `errors`, else within its message."""
    told = [_told(entry) for entry in getattr(error, "errors", [])]
    return [entry for entry in told if entry] or _rows_in_message(error.message)


def _told(entry: Mapping[str, object]) -> tuple[int, str, str] | None:
    index, message = entry.get("index"), entry.get("message")
    if not isinstance(index, int) or not isinstance(message, str):
        return None
    return index, str(entry.get("field_name") or ""), message


def _rows_in_message(message: str) -> list[tuple[int, str, str]]:
    """`All 2 tasks failed: tasks.0: Unknown field: Input text; tasks.1: …` taken apart."""
    named = list(_NAMED_ROW.finditer(message))
    ends = ([following.start() for following in named[1:]] + [len(message)])[: len(named)]
    texts = [message[match.end() : end].split("; … and ")[0] for match, end in zip(named, ends, strict=True)]
    return [(int(match[1]), match[2] or _field_in(text), text) for match, text in zip(named, texts, strict=True)]


def _field_in(text: str) -> str:
    found = _NAMED_FIELD.match(text)
    return (found[1] or found[2]).strip() if found else ""
