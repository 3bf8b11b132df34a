"""How each person keeps the list of a key's workflows: pinned, hidden, looked at last. Nobody else's list changes."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow, OpenedWorkflows, WorkflowMark

# From so many on there is a box to filter them, and those looked at last come first.
MANY = 8
MARKS: dict[str, dict[str, bool]] = {
    "pin": {"is_pinned": True, "is_hidden": False},
    "unpin": {"is_pinned": False},
    "hide": {"is_hidden": True, "is_pinned": False},
    "show": {"is_hidden": False},
}


def mark(workflow: OpenedWorkflow, user: User, name: str) -> None:
    """`name` is one of MARKS. Twice is once."""
    WorkflowMark.objects.update_or_create(workflow=workflow, user=user, defaults=MARKS[name])
    outdate_sidebars([user.pk])


def visit(key_id: int, workflow_id: int, user: User) -> None:
    """They look at it now."""
    opened, now = OpenedWorkflow.objects.filter(key=key_id, workflow_id=workflow_id), timezone.now()
    if not WorkflowMark.objects.filter(workflow__in=opened, user=user).update(visited_at=now):
        for workflow in opened:
            WorkflowMark.objects.update_or_create(workflow=workflow, user=user, defaults={"visited_at": now})
    outdate_sidebars([user.pk])


def kept_by(user: User, key: SavedKey, words: str = "") -> OpenedWorkflows:
    """The key's workflows as this person keeps them; `words` are part of a name, or the beginning of an ID."""
    found = OpenedWorkflow.objects.filter(key=key).marked_by(user)
    words = words.strip()
    return found.filter(Q(name__icontains=words) | Q(workflow_id__startswith=words)) if words else found


class Listed(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def is_pinned(self) -> bool | None: ...


AnyListed = TypeVar("AnyListed", bound=Listed)


def by_name(workflows: Iterable[AnyListed]) -> list[AnyListed]:
    """The order of few: what the person pinned, then by name."""
    return sorted(workflows, key=lambda one: (not one.is_pinned, one.name.lower()))
