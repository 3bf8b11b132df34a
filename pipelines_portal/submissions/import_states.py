"""The states of imports, which Sent shows. `entry`, an app above this one, provides them when it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from pipelines_portal.accounts.models import User


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


@dataclass(frozen=True)
class ImportStates:
    """What an app that knows imports provides.

    `find` returns the states of those imports that exist and that the person may see, by id. `select` returns the
    imports that are shown with a status.
    """

    find: Callable[[User, list[UUID]], dict[UUID, ImportState]]
    select: Callable[[User, str], ImportsOfStatus]


_providers: list[ImportStates] = []


def provide_import_states(states: ImportStates) -> None:
    """Register what provides the states of imports. Call once, when the app is ready."""
    _providers[:] = [states]


def imports_of_status(user: User, status: str) -> ImportsOfStatus:
    """Return the imports that Sent shows with the status, which is that of the whole import, not of its batches."""
    return _providers[0].select(user, status)


def states_of_imports(user: User, ids: list[UUID]) -> dict[UUID, ImportState]:
    """Return the states of those imports that exist and that the person may see."""
    return _providers[0].find(user, ids) if ids else {}
