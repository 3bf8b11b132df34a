"""What the API's answer, or its silence, means for a submission that was sent."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from pipelines_portal.api_client import (
    ApiError,
    InvalidRequest,
    PayloadTooLarge,
    PipelinesError,
    RowError,
    ValidationFailed,
)
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.transitions import Outcome, Refusal, Status, lose_overdue, record

LOST = "The sending was interrupted before an answer came. Tasks may have been created."
NONE_ACCEPTED = "The API accepted none of the rows."
NOT_REACHED = "The upload failed before this row's turn came. No task was made of it."
DISAGREES = "What the API says of this upload disagrees with itself, so nobody can say which rows became tasks."
NAMED_IDS = 20
# Of one row so many entries are kept, and so much text.
TOLD_A_ROW, LONGEST_MESSAGE = 100, 10_000
REFUSALS_OF_THE_ROWS = (ValidationFailed, PayloadTooLarge, InvalidRequest)


class Created(Protocol):
    """What the API says after creating: from POST tasks, and from an upload that ended."""

    @property
    def success_count(self) -> int | None: ...
    @property
    def error_count(self) -> int | None: ...
    @property
    def errors(self) -> list[RowError] | None: ...
    @property
    def task_ids(self) -> list[int] | None: ...


def record_created(submission: Submission, created: Created) -> bool:
    """Done, partly or rejected, row by row. False when a later try began meanwhile."""
    success, failed, ids = created.success_count or 0, created.error_count or 0, tuple(created.task_ids or ())
    if len(ids) != success or (submission.row_count and not success + failed):
        return record(submission, Outcome(Status.UNCONFIRMED, DISAGREES, task_ids=ids))
    refusals = refusals_by_row(_entries(created), submission)
    if not success and failed == submission.row_count:
        refusals = {index: Refusal("", "") for index in range(submission.row_count)} | refusals
    return record(submission, Outcome(_verdict(success, failed), "", success, failed, refusals, ids))


def record_stopped(submission: Submission, created: Created, reason: str) -> bool:
    """An upload that failed on the way, and says what it had done before: rows are taken in order.

    See docs/decisions/0030.
    """
    success, ids = created.success_count or 0, tuple(created.task_ids or ())
    if len(ids) != success:
        return record(submission, Outcome(Status.UNCONFIRMED, f"{reason} {DISAGREES}", task_ids=ids))
    done = success + (created.error_count or 0)
    not_reached = dict.fromkeys(range(done, submission.row_count), Refusal("", NOT_REACHED if done else ""))
    refusals = not_reached | refusals_by_row(_entries(created), submission)
    failed = max(submission.row_count, done) - success
    status = Status.PARTLY_CREATED if success else Status.REJECTED
    return record(submission, Outcome(status, reason, success, failed, refusals, ids))


def record_failure(submission: Submission, error: PipelinesError) -> bool:
    """Unknown when tasks may exist; rejected when the API refused the rows; else a draft that may be sent again."""
    if error.maybe_processed:
        return record_unknown(submission, f"{sentence(error)} Tasks may have been created.")
    if isinstance(error, REFUSALS_OF_THE_ROWS):
        rows = named_rows(error)
        if not rows and submission.kind == Submission.Kind.IMPORT:
            # Of the request as a whole: smaller, or later, the same rows may be taken.
            return record_not_sent(submission, f"{sentence(error)} Nothing was created.")
        return record_rejected(submission, NONE_ACCEPTED if rows else sentence(error), rows)
    return record_not_sent(submission, f"{sentence(error)} Nothing was created.")


def record_not_sent(submission: Submission, reason: str) -> bool:
    """Back to a draft: nothing was created, and the same rows may be sent again."""
    return record(submission, Outcome(Status.DRAFT, reason))


def record_rejected(submission: Submission, reason: str, entries: Iterable[tuple[int, str, str]] = ()) -> bool:
    """Every row was refused; `entries` say why, as (index, field, message), where the API named rows."""
    return record(submission, rejection(submission, reason, entries))


def rejection(submission: Submission, reason: str, entries: Iterable[tuple[int, str, str]] = ()) -> Outcome:
    refusals = refusals_by_row(entries, submission)
    everyone = {index: refusals.get(index, Refusal("", "")) for index in range(submission.row_count)}
    return Outcome(Status.REJECTED, reason, 0, submission.row_count, everyone)


def record_unknown(submission: Submission, reason: str) -> bool:
    return record(submission, Outcome(Status.UNCONFIRMED, reason))


def in_words(created: Created | None, error: PipelinesError | None) -> str:
    """What the API's answer was, for where it cannot be written down."""
    unwritten = "That could not be written down, and your submissions will call it unknown"
    if created is None and not (error and error.maybe_processed):
        return f"Nothing was created. {unwritten}."
    ids = list(created.task_ids or ()) if created else []
    named = ", ".join(map(str, ids[:NAMED_IDS])) + (" and more" if len(ids) > NAMED_IDS else "")
    told = f"Pipelines created {len(ids)} task{'' if len(ids) == 1 else 's'}: {named}." if ids else LOST
    return f"{told} {unwritten}: do not send it again."


def settle_interrupted(**where: Any) -> None:
    """Sendings whose process died on the way become unknown."""
    lose_overdue(LOST, **where)


def sentence(error: PipelinesError) -> str:
    """What the API (or the way to it) said, ended with a full stop."""
    text = (error.message if isinstance(error, ApiError) else str(error)).strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _entries(created: Created) -> list[tuple[int, str, str]]:
    return [(error.index, error.field_name or "", error.message) for error in created.errors or []]


def _verdict(success: int, failed: int) -> str:
    if not failed:
        return Status.CREATED
    return Status.PARTLY_CREATED if success else Status.REJECTED


def refusals_by_row(entries: Iterable[tuple[int, str, str]], submission: Submission) -> dict[int, Refusal]:
    """(index, field, message) entries, several a row perhaps, as one refusal a row. Rows we never sent are dropped."""
    told: dict[int, list[tuple[str, str]]] = {}
    for index, field, message in entries:
        entries_of_row = told.setdefault(index, [])
        if 0 <= index < submission.row_count and len(entries_of_row) < TOLD_A_ROW:
            entries_of_row.append((field, message))
    return {
        index: Refusal(of_row[0][0], "; ".join(message for _, message in of_row)[:LONGEST_MESSAGE])
        for index, of_row in told.items()
        if of_row
    }


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
