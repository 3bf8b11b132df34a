"""A task by its ID alone: where it is, as far as the ledger knows."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import Asked, Given, prepared
from pipelines_portal.submissions.models import LooseTask, SubmissionRow
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_PLACES = 12
COLUMNS = ("submission__key", "submission__workflow_id", "submission__workflow_name")
Rows = list[tuple[int, int, str]]


@dataclass(frozen=True)
class Place:
    """Where a task is, or may be."""

    key_id: int
    workflow_id: int
    workflow_name: str

    @property
    def number(self) -> str:
        return str(self.workflow_id)


def asked_for(user: User, task_id: int) -> list[Asked[Any]]:
    """What `places_in` is to be given."""
    sent = [each.asked(user=user.pk, task=task_id) for each in (_sent, _sent_loose)]
    return [*sent, _to_look.asked(user=user.pk)]


def places_in(sent: Rows, loose: Rows, to_look: list[OpenedWorkflow]) -> tuple[list[Place], list[Place]]:
    """Where a task with this ID was sent from here, with a key that they may use: mostly one. And the workflows they
    looked at last, where a task that nobody sent from here may be.
    """
    found = [Place(*each) for each in sorted({*sent, *loose})]
    return found, [Place(each.key_id, each.workflow_id, each.name) for each in to_look]


@prepared(user=BigIntegerField(), task=BigIntegerField())
def _sent(user: Given, task: Given) -> QuerySet[SubmissionRow, tuple[int, int, str]]:
    return SubmissionRow.objects.filter(task_id=task, submission__key__in=_usable(user)).values_list(*COLUMNS)[
        :MOST_PLACES
    ]


@prepared(user=BigIntegerField(), task=BigIntegerField())
def _sent_loose(user: Given, task: Given) -> QuerySet[LooseTask, tuple[int, int, str]]:
    return LooseTask.objects.filter(task_id=task, submission__key__in=_usable(user)).values_list(*COLUMNS)[:MOST_PLACES]


@prepared(user=BigIntegerField())
def _to_look(user: Given) -> QuerySet[OpenedWorkflow]:
    opened = OpenedWorkflow.objects.filter(key__in=_usable(user)).marked_by(user)
    return opened.in_sight().recent_first()[:MOST_PLACES]


def _usable(user: Given) -> QuerySet[SavedKey, Any]:
    return SavedKey.objects.usable_by(user).values("pk")
