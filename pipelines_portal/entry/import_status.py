"""The status of an import as people see it, and how its sending ended."""

from enum import StrEnum
from typing import Any, Self

from django.db.models import IntegerField, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from pipelines_portal.entry.models import ImportJob, ImportJobs, RowCounts
from pipelines_portal.submissions.result import Look


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


def ending_of(counts: RowCounts) -> Ending:
    """Return how the import ended. Skipped rows and duplicates do not count."""
    if counts.unconfirmed:
        return Ending.UNCONFIRMED
    if counts.created:
        return Ending.PARTLY_CREATED if counts.is_unfinished else Ending.CREATED
    return Ending.REJECTED if counts.rejected else Ending.DRAFT


def look_of(import_job: ImportJob, counts: RowCounts) -> Look:
    """Return the status of an import. A deleted import, and one that is over, show how the sending ended."""
    if look := _LOOKS.get(ImportJob.Status(import_job.status)):
        return look
    ending = ending_of(counts)
    return Look(ending.value, _SHAPES[ending], ending.label, is_calm=ending in (Ending.DRAFT, Ending.CREATED))


# The statuses of imports whose word is not that of an ending, by the status that a list is filtered by.
_BY_FILTER = {
    "sending": ImportJob.Status.SENDING,
    "paused": ImportJob.Status.PAUSED,
    "unconfirmed": ImportJob.Status.UNCONFIRMED,
}
_UNFINISHED = ("ready", "requested", "to_fix", "to_look", "rejected")
_ENDINGS: dict[str, Q] = {
    Ending.UNCONFIRMED: Q(rows_unconfirmed__gt=0),
    Ending.PARTLY_CREATED: Q(rows_unconfirmed=0, rows_created__gt=0, rows_unfinished__gt=0),
    Ending.CREATED: Q(rows_unconfirmed=0, rows_created__gt=0, rows_unfinished=0),
    Ending.REJECTED: Q(rows_unconfirmed=0, rows_created=0, rows_rejected__gt=0),
    Ending.DRAFT: Q(rows_unconfirmed=0, rows_created=0, rows_rejected=0),
}


def shown_with(imports: ImportJobs, status: str) -> ImportJobs:
    """Return those imports for which `look_of` has the word of this status. `status` is a submission's, or "paused"."""
    found = Q(status=_BY_FILTER[status]) if status in _BY_FILTER else Q()
    if ending := _ENDINGS.get(status):
        found |= ~Q(status__in=list(_LOOKS)) & ending
    counted = imports.annotate(
        rows_unconfirmed=_rows("unconfirmed"), rows_created=_rows("created"), rows_rejected=_rows("rejected"),
        rows_unfinished=sum(map(_rows, _UNFINISHED[1:]), _rows(_UNFINISHED[0])),
    )  # fmt: skip
    return counted.filter(found) if found else imports.none()


def _rows(status: str) -> Any:
    """Return the number of rows of an import with this status, as a database expression."""
    return Coalesce(Cast(KT(f"row_counts__{status}"), IntegerField()), 0)
