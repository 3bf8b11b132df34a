"""The statuses of submissions and of their rows, how each is shown, and which status may follow which."""

from enum import Enum
from typing import NamedTuple

from django.db import models


class Status(models.TextChoices):
    DRAFT = "draft", "Not created"
    SENDING = "sending", "Sending"
    CREATED = "created", "Created"
    PARTLY_CREATED = "partly_created", "Partly created"
    REJECTED = "rejected", "Rejected"
    UNCONFIRMED = "unconfirmed", "Unconfirmed"


class RowStatus(models.TextChoices):
    WAITING = "waiting", "Not sent"
    CREATED = "created", "Created"
    REJECTED = "rejected", "Rejected"
    UNCONFIRMED = "unconfirmed", "Unconfirmed"


class Look(NamedTuple):
    """A status as color, shape and word. Quiet gray (`is_calm`) if nobody needs to act."""

    status: str
    shape: str
    word: str
    is_calm: bool = False


# The statuses of submissions and rows by their values. They have the same words, except what was not sent.
LOOKS: dict[str, Look] = {
    Status.DRAFT: Look("draft", "pending", Status.DRAFT.label, is_calm=True),
    RowStatus.WAITING: Look("waiting", "pending", RowStatus.WAITING.label, is_calm=True),
    Status.SENDING: Look("sending", "in_progress", Status.SENDING.label, is_calm=True),
    Status.CREATED: Look("created", "finished", Status.CREATED.label, is_calm=True),
    Status.PARTLY_CREATED: Look("partly_created", "escalated", Status.PARTLY_CREATED.label),
    Status.REJECTED: Look("rejected", "failed", Status.REJECTED.label),
    Status.UNCONFIRMED: Look("unconfirmed", "unconfirmed", Status.UNCONFIRMED.label),
}
# The API has answered for every row.
FINAL = (Status.CREATED, Status.PARTLY_CREATED, Status.REJECTED)


class SubmissionStep(Enum):
    CLAIM = "claim"  # one process sends it now
    ANSWER = "answer"  # what the API answered, or that its answer was lost
    LATE_ANSWER = "late answer"  # the API's answer to a try that a person has already decided about
    DECIDE = "decide"  # what a person found out
    WITHDRAW = "withdraw"  # a person attributed a task to it that another submission created


# The statuses that a step starts from, and those that it leads to.
STEPS: dict[SubmissionStep, tuple[frozenset[str], frozenset[str]]] = {
    SubmissionStep.CLAIM: (frozenset({Status.DRAFT}), frozenset({Status.SENDING})),
    SubmissionStep.ANSWER: (
        frozenset({Status.SENDING, Status.UNCONFIRMED}),
        frozenset({Status.DRAFT, *FINAL, Status.UNCONFIRMED}),
    ),
    SubmissionStep.LATE_ANSWER: (
        frozenset({Status.DRAFT, *FINAL}),
        frozenset({Status.DRAFT, *FINAL, Status.UNCONFIRMED}),
    ),
    SubmissionStep.DECIDE: (frozenset({Status.UNCONFIRMED}), frozenset({Status.DRAFT, *FINAL})),
    SubmissionStep.WITHDRAW: (frozenset({Status.CREATED, Status.PARTLY_CREATED}), frozenset({Status.UNCONFIRMED})),
}
