"""What the API's answer, or its silence, means for a submission that was sent. See docs/decisions/0030."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils import timezone

from pipelines_portal.api_client import (
    ApiError,
    InvalidRequest,
    PayloadTooLarge,
    PipelinesError,
    RowError,
    ValidationFailed,
)
from pipelines_portal.submissions import texts
from pipelines_portal.submissions.statuses import FINAL, Status

# Stored of one row.
MOST_ENTRIES, LONGEST_MESSAGE = 100, 10_000
MOST_NAMED_IDS = 20
REJECTIONS = (ValidationFailed, PayloadTooLarge, InvalidRequest)
# (index of the row, field, message)
Entry = tuple[int, str, str]


@dataclass(frozen=True)
class Rejection:
    """Why a row was rejected: all of its errors in one message."""

    field: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """The result of a try. If its status is final, rows without a rejection were created."""

    status: str
    reason: str = ""
    success_count: int = 0
    error_count: int = 0
    rejections: Mapping[int, Rejection] | None = None
    task_ids: tuple[int, ...] = ()

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def finished_at(self) -> datetime | None:
        return None if self.status == Status.DRAFT else timezone.now()


class CreationReport(Protocol):
    """The API's account of what it created: the response to POST tasks, or the state of an upload."""

    @property
    def success_count(self) -> int | None: ...
    @property
    def error_count(self) -> int | None: ...
    @property
    def errors(self) -> list[RowError] | None: ...
    @property
    def task_ids(self) -> list[int] | None: ...


def outcome_of_answer(answer: CreationReport, row_count: int) -> Outcome:
    """Return created, partly created or rejected, row by row; unconfirmed if the answer contradicts itself."""
    success, failed, ids = answer.success_count or 0, answer.error_count or 0, tuple(answer.task_ids or ())
    if len(ids) != success or (row_count and not success + failed):
        return Outcome(Status.UNCONFIRMED, texts.DISAGREES, task_ids=ids)
    rejections = _rejections_by_row(_entries(answer), row_count)
    if not success and failed == row_count:
        rejections = {index: Rejection("", "") for index in range(row_count)} | rejections
    status = _partly_or_rejected(success) if failed else Status.CREATED
    return Outcome(status, "", success, failed, rejections, ids)


def outcome_of_stopped(answer: CreationReport, row_count: int, reason: str) -> Outcome:
    """Return the outcome of an upload that failed after it had processed some rows. It processes them in order."""
    success, ids = answer.success_count or 0, tuple(answer.task_ids or ())
    if len(ids) != success:
        return Outcome(Status.UNCONFIRMED, f"{reason} {texts.DISAGREES}", task_ids=ids)
    done = success + (answer.error_count or 0)
    why = "The upload failed before this row was processed. No task was created." if done else ""
    not_reached = dict.fromkeys(range(done, row_count), Rejection("", why))
    rejections = not_reached | _rejections_by_row(_entries(answer), row_count)
    failed = max(row_count, done) - success
    return Outcome(_partly_or_rejected(success), reason, success, failed, rejections, ids)


def outcome_of_error(error: PipelinesError, row_count: int, *, is_import: bool) -> Outcome:
    """Return unconfirmed if tasks may exist, rejected if the API rejected the rows, else a draft to be sent again."""
    if error.maybe_processed:
        return unconfirmed(f"{sentence(error)} Tasks may have been created.")
    rows = named_rows(error) if isinstance(error, REJECTIONS) else []
    if rows:
        # The message of a single row is enough.
        return rejection(row_count, "Pipelines accepted none of the rows." if row_count > 1 else "", rows)
    # The API may accept the same rows of an import later, or in a smaller request.
    if isinstance(error, REJECTIONS) and not is_import:
        return rejection(row_count, sentence(error))
    return not_sent(f"{sentence(error)} {texts.NOTHING_CREATED}")


def not_sent(reason: str) -> Outcome:
    """Return it to a draft: nothing was created, and the same rows may be sent again."""
    return Outcome(Status.DRAFT, reason)


def unconfirmed(reason: str) -> Outcome:
    return Outcome(Status.UNCONFIRMED, reason)


def rejection(row_count: int, reason: str, entries: Iterable[Entry] = ()) -> Outcome:
    """Reject every row. `entries` say why, where the API named rows."""
    rejections = {index: Rejection("", "") for index in range(row_count)} | _rejections_by_row(entries, row_count)
    return Outcome(Status.REJECTED, reason, 0, row_count, rejections)


def describe_unwritten(answer: CreationReport | None, error: PipelinesError | None) -> str:
    """Return the API's answer in words, for when the database cannot record it."""
    ids = list(answer.task_ids or ()) if answer else []
    unconfirmed = "We couldn’t save this, so Sent shows it as unconfirmed."
    if len(ids) == 1:
        return f"Pipelines created task {ids[0]}. {unconfirmed} Don’t resend."
    if ids:
        named = ", ".join([*map(str, ids[:MOST_NAMED_IDS]), *(["…"] if len(ids) > MOST_NAMED_IDS else [])])
        return f"Pipelines created these tasks: {named}. {unconfirmed} Don’t resend."
    if answer is not None or (error and error.maybe_processed):
        return f"Tasks may have been created. {unconfirmed} Don’t resend."
    return f"Nothing was created. {unconfirmed}"


def sentence(error: PipelinesError) -> str:
    """Return the error's message with a full stop."""
    text = (error.message if isinstance(error, ApiError) else str(error)).strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _partly_or_rejected(success: int) -> Status:
    return Status.PARTLY_CREATED if success else Status.REJECTED


def _entries(answer: CreationReport) -> list[Entry]:
    return [(error.index, error.field_name or "", error.message) for error in answer.errors or []]


def _rejections_by_row(entries: Iterable[Entry], row_count: int) -> dict[int, Rejection]:
    """Join the entries of each row to one rejection. Drop rows that were never sent."""
    by_row: dict[int, list[tuple[str, str]]] = {}
    for index, field, message in entries:
        if 0 <= index < row_count:
            by_row.setdefault(index, []).append((field, message))
    return {
        index: Rejection(errors[0][0], "; ".join(message for _, message in errors[:MOST_ENTRIES])[:LONGEST_MESSAGE])
        for index, errors in by_row.items()
    }


_NAMED_ROW = re.compile(r"(?:^|[:;] )tasks\.(\d{1,6})(?:\.fields)?(?:\.([^\s:]+))?: ")
_NAMED_FIELD = re.compile(r"(?:Unknown field|Missing required columns): ([^,;]+)|Invalid value for ([^:]+):")


def named_rows(error: ApiError) -> list[Entry]:
    """Return the rows that a rejection of the whole request names: in its `errors`, else within its message."""
    entries = [_read_entry(each) for each in getattr(error, "errors", [])]
    return [entry for entry in entries if entry] or _rows_in_message(error.message)


def _read_entry(error: Mapping[str, object]) -> Entry | None:
    index, message = error.get("index"), error.get("message")
    if not isinstance(index, int) or not isinstance(message, str):
        return None
    return index, str(error.get("field_name") or ""), message


def _rows_in_message(message: str) -> list[Entry]:
    """Parse `All 2 tasks failed: tasks.0: Unknown field: Input text; tasks.1: …`."""
    named = list(_NAMED_ROW.finditer(message))
    ends = ([following.start() for following in named[1:]] + [len(message)])[: len(named)]
    messages = [message[match.end() : end].split("; … and ")[0] for match, end in zip(named, ends, strict=True)]
    return [(int(match[1]), match[2] or _field_in(text), text) for match, text in zip(named, messages, strict=True)]


def _field_in(text: str) -> str:
    match = _NAMED_FIELD.match(text)
    return (match[1] or match[2]).strip() if match else ""
