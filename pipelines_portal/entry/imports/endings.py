"""How the sending of an import ended, by the number of its rows by status."""

from enum import StrEnum
from typing import Self

from pipelines_portal.entry.models import Counts


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


# Shown in quiet gray: nobody needs to act.
CALM = frozenset({Ending.DRAFT.value, Ending.CREATED.value, "sending"})


def ending_of(counts: Counts) -> Ending:
    """Return how the import ended. Skipped rows do not count."""
    if counts.unconfirmed:
        return Ending.UNCONFIRMED
    if counts.created:
        return Ending.PARTLY_CREATED if counts.is_unfinished else Ending.CREATED
    return Ending.REJECTED if counts.rejected else Ending.DRAFT
