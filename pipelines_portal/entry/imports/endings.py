"""The status of an import as people see it, and how its sending ended."""

from enum import StrEnum
from typing import NamedTuple, Self

from pipelines_portal.entry.models import Counts, ImportJob


class Ending(StrEnum):
    """The end of an import, or DRAFT if nothing of it was sent. The values are those of a submission."""

    label: str

    DRAFT = "draft", "Draft"
    CREATED = "created", "Created"
    PARTLY_CREATED = "partly_created", "Partly created"
    REJECTED = "rejected", "Rejected"
    UNCONFIRMED = "unconfirmed", "Unconfirmed"

    def __new__(cls, value: str, label: str) -> Self:
        ending = str.__new__(cls, value)
        ending._value_, ending.label = value, label
        return ending


class Look(NamedTuple):
    """A status as color, shape and word. Quiet gray (`is_calm`) if nobody needs to act."""

    status: str
    shape: str
    word: str
    is_calm: bool = False


_LOOKS = {
    ImportJob.Status.READING: Look("sending", "in_progress", "Reading", is_calm=True),
    ImportJob.Status.UNREADABLE: Look("rejected", "failed", "Unreadable"),
    ImportJob.Status.MATCHING: Look("draft", "pending", "Match columns", is_calm=True),
    ImportJob.Status.CHECKING: Look("sending", "in_progress", "Checking", is_calm=True),
    ImportJob.Status.SENDING: Look("sending", "in_progress", "Sending", is_calm=True),
    ImportJob.Status.PAUSED: Look("partly_created", "paused", "Paused"),
    ImportJob.Status.UNCONFIRMED: Look("unconfirmed", "unconfirmed", "Unconfirmed"),
}
_SHAPES = {
    Ending.DRAFT: "pending",
    Ending.CREATED: "finished",
    Ending.PARTLY_CREATED: "escalated",
    Ending.REJECTED: "failed",
    Ending.UNCONFIRMED: "unconfirmed",
}


def ending_of(counts: Counts) -> Ending:
    """Return how the import ended. Skipped rows do not count."""
    if counts.unconfirmed:
        return Ending.UNCONFIRMED
    if counts.created:
        return Ending.PARTLY_CREATED if counts.is_unfinished else Ending.CREATED
    return Ending.REJECTED if counts.rejected else Ending.DRAFT


def look_of(import_job: ImportJob, counts: Counts) -> Look:
    """Return the status of an import. A deleted import, and one that is over, show how the sending ended."""
    if look := _LOOKS.get(ImportJob.Status(import_job.status)):
        return look
    ending = ending_of(counts)
    return Look(ending.value, _SHAPES[ending], ending.label, is_calm=ending in (Ending.DRAFT, Ending.CREATED))
