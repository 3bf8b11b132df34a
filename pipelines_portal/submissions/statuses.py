"""The statuses of submissions and of their rows, and which status may follow which."""

from enum import Enum

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
