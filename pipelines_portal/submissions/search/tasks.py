"""A task by its ID alone: where it is, as far as the ledger knows."""

from dataclasses import dataclass
from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow, UnattributedTask
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_PLACES = 12
COLUMNS = ("submission__key", "submission__workflow_id", "submission__workflow_name")


@dataclass(frozen=True)
class Place:
    """Where a task is, or may be."""

    key_id: int
    workflow_id: int
    workflow_name: str

    @property
    def number(self) -> str:
        return str(self.workflow_id)


def places_of(user: User, task_id: int) -> list[Place]:
    """Where a task with this ID was sent from here, with a key that they may use: mostly one."""
    sent: dict[str, Any] = {"task_id": task_id, "submission__key__in": SavedKey.objects.usable_by(user).values("pk")}
    found: set[Any] = set()
    for model in (SubmissionRow, UnattributedTask):
        found |= set(model._default_manager.filter(**sent).values_list(*COLUMNS)[:MOST_PLACES])
    return [Place(*each) for each in sorted(found)]


def places_to_look(user: User) -> list[Place]:
    """The workflows they looked at last, where a task that nobody sent from here may be."""
    usable = SavedKey.objects.usable_by(user).values("pk")
    opened = OpenedWorkflow.objects.filter(key__in=usable).marked_by(user).in_sight().recent_first()
    return [Place(each.key_id, each.workflow_id, each.name) for each in opened[:MOST_PLACES]]
