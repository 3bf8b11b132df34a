"""The statuses of sheets and of their rows: the word, the look and the filter of each, and which step leads to which.

A sheet is rows of a workflow that are not sent yet, and what became of those that were: typed ones, or those of a file.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum
from typing import NamedTuple

from django.db import models
from django.db.models import Q

from pipelines_portal.entry import texts
from pipelines_portal.submissions.statuses import LOOKS as LOOKS_OF_SUBMISSIONS
from pipelines_portal.submissions.statuses import Look
from pipelines_portal.submissions.statuses import Status as SubmissionStatus


class RowStatus(models.TextChoices):
    UNCHECKED = "unchecked", "No row"  # a line above the first row, or a typed row without any text
    READY = "ready", "Ready"
    TO_FIX = "to_fix", "Error"
    TO_LOOK = "to_look", "To look at"  # a rule warns; a person accepts that
    DUPLICATE = "duplicate", "Duplicate"  # of another row or a task: skipped, unless included
    SKIPPED = "set_aside", "Skipped"
    REQUESTED = "requested", "Sending"  # in a submission without an outcome so far
    CREATED = "created", "Created"
    REJECTED = "rejected", "Rejected"  # by the API; may be fixed
    UNCONFIRMED = "unconfirmed", "Unconfirmed"


_R = RowStatus
# Tasks were created from them, or may have been. Nothing of them can be changed.
SENT = (_R.REQUESTED, _R.CREATED, _R.UNCONFIRMED)
TO_BE_SENT = (_R.READY, _R.REQUESTED)
FAILED_CHECK = (_R.TO_FIX, _R.TO_LOOK)
ERRORS = (_R.TO_FIX, _R.REJECTED)
PROBLEMS = (*ERRORS, _R.TO_LOOK)
# A person can still do something with them, and is expected to.
UNFINISHED = (_R.READY, *PROBLEMS)
# They are unwanted, or equal another one.
LEFT_OUT = (_R.SKIPPED, _R.DUPLICATE)
EDITABLE = (*UNFINISHED, *LEFT_OUT)
# The word for ready rows while the sheet is being sent: nobody has to do anything about them.
WAITING = "Waiting"
# How each is shown while its task is not known. The grid says more of some: see rows.row_list.
ROW_LOOKS: dict[str, Look] = {
    _R.UNCHECKED: Look("pending", "pending", "", is_calm=True),
    _R.READY: Look("pending", "pending", _R.READY.label, is_calm=True),
    _R.TO_FIX: Look("failed", "failed", _R.TO_FIX.label),
    _R.TO_LOOK: Look("warning", "escalated", _R.TO_LOOK.label),
    _R.DUPLICATE: Look("warning", "duplicate", _R.DUPLICATE.label),
    _R.SKIPPED: Look("pending", "skip", _R.SKIPPED.label, is_calm=True),
    _R.REQUESTED: Look("sending", "in_progress", _R.REQUESTED.label, is_calm=True),
    _R.CREATED: LOOKS_OF_SUBMISSIONS[_R.CREATED],
    _R.REJECTED: LOOKS_OF_SUBMISSIONS[_R.REJECTED],
    _R.UNCONFIRMED: LOOKS_OF_SUBMISSIONS[_R.UNCONFIRMED],
}


class RowFilter(NamedTuple):
    word: str
    statuses: tuple[RowStatus, ...]
    # Its color in the grid.
    color: str = ""


# The filters above lists of rows, by their names in URLs.
ROW_FILTERS = {
    "": RowFilter("All", ()),
    "created": RowFilter("Created", (_R.CREATED,)),
    "errors": RowFilter("Errors", ERRORS, "failed"),
    "look": RowFilter("To look at", (_R.TO_LOOK,), "warning"),
    "waiting": RowFilter("Ready", TO_BE_SENT),
    "duplicates": RowFilter("Duplicates", (_R.DUPLICATE,), "warning"),
    "skipped": RowFilter("Skipped", (_R.SKIPPED,)),
    "ready": RowFilter("Ready", (_R.READY,)),
    "unconfirmed": RowFilter("Unconfirmed", (_R.UNCONFIRMED,)),
}


@dataclass(frozen=True)
class RowCounts:
    """The numbers of rows by status. They add up to the rows of the sheet."""

    ready: int = 0
    to_fix: int = 0
    to_look: int = 0
    duplicate: int = 0
    set_aside: int = 0  # the stored name of the status Skipped
    requested: int = 0
    created: int = 0
    rejected: int = 0
    unconfirmed: int = 0

    @classmethod
    def load(cls, row_counts: dict[str, int]) -> "RowCounts":
        """Return the counts that a sheet stores in `row_counts`."""
        return cls(**{each.name: row_counts.get(each.name, 0) for each in fields(cls)})

    def sum_of(self, statuses: Iterable[str]) -> int:
        """Return the number of rows that have one of these statuses."""
        return sum([getattr(self, status) for status in statuses])

    @property
    def skipped(self) -> int:
        return self.set_aside

    @property
    def total(self) -> int:
        return self.sent + self.not_sent + self.left

    @property
    def not_sent(self) -> int:
        """The number of good rows that are still to be sent."""
        return self.ready + self.requested

    @property
    def sent(self) -> int:
        return self.created + self.rejected + self.unconfirmed

    @property
    def left(self) -> int:
        """The number of rows that are not sent until a person decides."""
        return self.to_fix + self.to_look + self.duplicate + self.skipped

    @property
    def to_send(self) -> int:
        """The number of rows that were sent or are still to be sent."""
        return self.sent + self.not_sent

    @property
    def errors(self) -> int:
        """The number of rows that cannot become tasks until a person changes them."""
        return self.to_fix + self.rejected

    @property
    def is_unfinished(self) -> bool:
        """Something is left to be sent, or to be decided by a person. Duplicates are skipped."""
        return bool(self.not_sent + self.errors + self.to_look)

    @property
    def is_complete(self) -> bool:
        """Every row is a task, except those that are skipped."""
        return self.created + self.duplicate + self.skipped == self.total

    @property
    def left_words(self) -> str:
        """The rows that wait for a person, in words."""
        left = ((self.errors, texts.rows_left), (self.to_look, texts.to_look_at))
        return ", ".join(in_words(number) for number, in_words in left if number)

    @property
    def ending(self) -> SubmissionStatus:
        """How the sending ended: the status of a submission of all rows, a draft if nothing was sent.

        Skipped rows and duplicates do not count.
        """
        if self.unconfirmed:
            return SubmissionStatus.UNCONFIRMED
        if self.created:
            return SubmissionStatus.PARTLY_CREATED if self.is_unfinished else SubmissionStatus.CREATED
        return SubmissionStatus.REJECTED if self.rejected else SubmissionStatus.DRAFT


class SheetStatus(models.TextChoices):
    READING = "reading", "Reading"  # the worker reads the file
    UNREADABLE = "unreadable", "Unreadable"
    MATCHING = "matching", "Match columns"
    CHECKING = "checking", "Checking"  # the worker checks every row
    CHECKED = "checked", "Checked"  # rows can be fixed, and the good ones sent
    SENDING = "sending", "Sending"  # the worker sends request after request
    PAUSED = "paused", "Paused"  # by a person, or for the reason in `problem`
    UNCONFIRMED = "unconfirmed", "Unconfirmed"  # a request has an unconfirmed outcome
    DELETED = "deleted", "Deleted"  # can be restored for 30 days


_S = SheetStatus
# The worker has something to do. SQLite does not match an IN list with a partial index.
IS_AT_WORK = Q(status="reading") | Q(status="checking") | Q(status="sending")
# Nothing is being sent, and the next step is a person's.
DRAFTS = (_S.READING, _S.UNREADABLE, _S.MATCHING, _S.CHECKING, _S.CHECKED, _S.PAUSED)
# Nothing works on the rows, and a person can change and send them.
STILL = (_S.CHECKED, _S.PAUSED)
# Typed rows can be changed while others of their grid are sent.
BEING_SENT = (_S.SENDING, _S.UNCONFIRMED)
# The rows wait, are being sent, or are stopped before all were sent.
UNDER_WAY = (_S.SENDING, _S.PAUSED, _S.UNCONFIRMED)
# A checked sheet is shown as its sending ended, and so is a deleted one.
SHEET_LOOKS: dict[str, Look] = {
    _S.READING: Look("sending", "in_progress", _S.READING.label, is_calm=True),
    _S.UNREADABLE: Look("rejected", "failed", _S.UNREADABLE.label),
    _S.MATCHING: Look("draft", "pending", _S.MATCHING.label, is_calm=True),
    _S.CHECKING: Look("sending", "in_progress", _S.CHECKING.label, is_calm=True),
    _S.SENDING: Look("sending", "in_progress", _S.SENDING.label, is_calm=True),
    _S.PAUSED: Look("partly_created", "paused", _S.PAUSED.label),
    _S.UNCONFIRMED: LOOKS_OF_SUBMISSIONS[_S.UNCONFIRMED],
}
NOTHING_SENT = Look("draft", "pending", "Draft", is_calm=True)


def look_of(status: str, counts: RowCounts) -> Look:
    """Return how a sheet is shown."""
    if look := SHEET_LOOKS.get(status):
        return look
    return NOTHING_SENT if counts.ending == SubmissionStatus.DRAFT else LOOKS_OF_SUBMISSIONS[counts.ending]


class SheetStep(Enum):
    READ = "read"  # its lines are stored
    REJECT = "reject"  # the file cannot be read
    REREAD = "read again"  # with another encoding, delimiter or sheet
    MATCH = "match"  # every column became a field or was left out
    REMATCH = "match again"  # nothing was sent so far
    CHECK = "check"  # every row was checked
    SEND = "send"  # a person sends the good rows
    RECHECK = "check again"  # the workflow's fields changed
    PAUSE = "pause"  # by a person, or for a reason that only a person can resolve
    STOP_UNCONFIRMED = "stop unconfirmed"  # a request has an unconfirmed outcome
    SETTLE = "settle"  # no outcome is unconfirmed any more
    FINISH = "finish"  # every good row was sent
    STOP = "stop"  # a person takes the rest back
    DELETE = "delete"  # by a person; it can be restored for 30 days
    RESTORE = "restore"  # to the status before the deletion


CAN_BE_TRANSFERRED = ~Q(status__in=(_S.SENDING, _S.DELETED))
# The statuses from which each step leads, and those to which it leads.
STEPS: dict[SheetStep, tuple[frozenset[str], frozenset[str]]] = {
    SheetStep.READ: (frozenset({_S.READING}), frozenset({_S.MATCHING, _S.CHECKING})),
    SheetStep.REJECT: (frozenset({_S.READING}), frozenset({_S.UNREADABLE})),
    SheetStep.REREAD: (frozenset({_S.MATCHING, _S.UNREADABLE}), frozenset({_S.READING})),
    SheetStep.MATCH: (frozenset({_S.MATCHING}), frozenset({_S.CHECKING})),
    SheetStep.REMATCH: (frozenset({_S.CHECKED}), frozenset({_S.MATCHING})),
    SheetStep.CHECK: (frozenset({_S.CHECKING}), frozenset({_S.CHECKED, _S.MATCHING})),
    SheetStep.SEND: (frozenset(STILL), frozenset({_S.SENDING})),
    SheetStep.RECHECK: (frozenset({_S.SENDING, *STILL}), frozenset({_S.CHECKING})),
    SheetStep.PAUSE: (frozenset({_S.SENDING}), frozenset({_S.PAUSED})),
    SheetStep.STOP_UNCONFIRMED: (frozenset({_S.SENDING, _S.PAUSED}), frozenset({_S.UNCONFIRMED})),
    SheetStep.SETTLE: (frozenset({_S.UNCONFIRMED}), frozenset({_S.PAUSED})),
    SheetStep.FINISH: (frozenset({_S.SENDING}), frozenset({_S.CHECKED})),
    SheetStep.STOP: (frozenset(UNDER_WAY), frozenset({_S.CHECKED})),
    SheetStep.DELETE: (frozenset(DRAFTS), frozenset({_S.DELETED})),
    SheetStep.RESTORE: (frozenset({_S.DELETED}), frozenset(DRAFTS)),
}
