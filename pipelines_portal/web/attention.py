"""What waits for a person to decide. Home shows it; the rooms that know of it say so, above and beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal

from pipelines_portal.shared.together import Read

# Receivers are given `user`, and return a Waiting, or None.
decisions_asked = Signal()


@dataclass(frozen=True)
class Decision:
    """`action` is the words of the link to `address`; `tone` a data-status."""

    title: str
    sentence: str
    action: str
    address: str
    tone: str = "unknown"


@dataclass(frozen=True)
class Waiting:
    """What a room asks the database, along with what others ask; `decisions` of its answer, most pressing first."""

    read: Read
    decisions: Callable[[list[Any]], list[Decision]]
