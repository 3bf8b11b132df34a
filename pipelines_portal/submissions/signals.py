"""Signals of the ledger for other apps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.dispatch import Signal

from pipelines_portal.accounts.models import User

# `submission`: its values are removed for good. A receiver removes what it stores of them, in this transaction.
values_dropped = Signal()
# `submission`: what became of it, or of its rows, was just written. In the transaction that wrote it.
outcome_written = Signal()
# `end`, a BatchEnd. In the transaction that ends the import or the upload.
batch_ended = Signal()
# `user`, `status` as Sent shows it. Receivers return an ImportsOfStatus.
imports_of_status_asked = Signal()
# `user`, `ids` of imports. Receivers return ImportState by id, for the imports that the person may see.
imports_asked = Signal()


@dataclass(frozen=True)
class BatchEnd:
    """The end of an import or an upload. `subject` names the end, so that people are notified once."""

    person: User
    subject: str
    title: str
    sentence: str
    address: str
    tone: str


@dataclass(frozen=True)
class ImportState:
    """How an import stands: its status as color, shape and word, the numbers of its rows, and its page."""

    status: str
    shape: str
    word: str
    is_calm: bool
    # Its rows wait, are being sent, or are stopped before all were sent.
    is_under_way: bool
    rows: int
    to_send: int
    created: int
    rejected: int
    with_errors: int
    duplicates: int
    skipped: int
    not_sent: int
    address: str


@dataclass(frozen=True)
class ImportsOfStatus:
    """The IDs of all imports that a person may see, and of those that are shown with the status."""

    visible: QuerySet[Any, Any]
    matching: QuerySet[Any, Any]


def imports_of_status(user: User, status: str) -> ImportsOfStatus:
    """Return the imports that Sent shows with the status, which is that of the whole import, not of its batches."""
    answers: Sequence[tuple[object, Any]] = imports_of_status_asked.send(None, user=user, status=status)
    return answers[0][1]  # type: ignore[no-any-return]


def states_of_imports(user: User, ids: list[UUID]) -> dict[UUID, ImportState]:
    """Return the states of those imports that exist and that the person may see."""
    if not ids:
        return {}
    answers: Sequence[tuple[object, Any]] = imports_asked.send(None, user=user, ids=ids)
    return {pk: state for _, states in answers for pk, state in states.items()}
