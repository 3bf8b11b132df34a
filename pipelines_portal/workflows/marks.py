"""A person's own marks on workflows: pinned, hidden, last visited."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow, OpenedWorkflows, WorkflowMark

# From this number on, the list of workflows has a filter, and the last visited come first.
MANY = 8
MARKS: dict[str, dict[str, bool]] = {
    "pin": {"is_pinned": True, "is_hidden": False},
    "unpin": {"is_pinned": False},
    "hide": {"is_hidden": True, "is_pinned": False},
    "show": {"is_hidden": False},
}


def mark(workflow: OpenedWorkflow, user: User, name: str) -> None:
    """Set a mark. `name` is one of MARKS."""
    WorkflowMark.objects.update_or_create(workflow=workflow, user=user, defaults=MARKS[name])
    outdate_sidebars([user.pk])


def visit(key_id: int, workflow_id: int, user: User) -> None:
    """Record that the person visits the workflow now."""
    opened, now = OpenedWorkflow.objects.filter(key=key_id, workflow_id=workflow_id), timezone.now()
    if not WorkflowMark.objects.filter(workflow__in=opened, user=user).update(visited_at=now):
        for workflow in opened:
            WorkflowMark.objects.update_or_create(workflow=workflow, user=user, defaults={"visited_at": now})


def marked_workflows(user: User, key: SavedKey, words: str = "") -> OpenedWorkflows:
    """Return the workflows of the key with the person's marks, filtered by part of a name or the beginning of an ID."""
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
    """Sort a short list: pinned workflows first, then by name."""
    return sorted(workflows, key=lambda one: (not one.is_pinned, one.name.lower()))
