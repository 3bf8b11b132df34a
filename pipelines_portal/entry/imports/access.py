"""Who may see an import, and act on it: see `Imports.visible_to`. Sending needs the key too."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.entry.models import Import, ImportRow, RowState, State
from pipelines_portal.keys.access import used_by
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.access import usable_workflow
from pipelines_portal.workflows.models import OpenedWorkflow

HAS_REQUESTS = Exists(Submission.objects.filter(group=OuterRef("pk")))
# Rows that somebody may still do something with.
LEFT = (RowState.READY, RowState.TO_FIX, RowState.TWICE, RowState.REJECTED)
LISTED = 20
NOT_READ = ("found", "matching", "schema", "task_counts", "walk")


def visible_import(user: User, key_id: int, workflow_id: int, import_id: UUID) -> tuple[OpenedWorkflow, Import]:
    """Return it with its workflow. Raise Http404 for people who may not see it, and for one of another workflow."""
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    found = Import.objects.visible_to(user).filter(pk=import_id, key=key_id, workflow_id=workflow_id)
    of = found.select_related("owner").annotate(is_key_usable=usable).first()
    if of is None:
        raise Http404
    opened = OpenedWorkflow.objects.select_related("key__owner")
    workflow = opened.filter(key=key_id, workflow_id=workflow_id).first()
    if workflow is None:
        usable_workflow(user, key_id, workflow_id)
        raise Http404
    of.key = used_by(user, workflow.key)
    return workflow, of


def may_use_key(of: Import) -> bool:
    """Whether the person who asked for it with `visible_import` may use its key."""
    return bool(getattr(of, "is_key_usable", False))


def require_key(of: Import) -> None:
    """Before the API is asked with its key. Raise NotAllowed for people who see the import, and may not use the key."""
    if not may_use_key(of):
        raise NotAllowed(f"The key {of.key.name} is no longer shared with you. Nothing was sent or looked up.")


def unfinished_imports(user: User, workflow: OpenedWorkflow) -> QuerySet[Import]:
    """Return those they may see in which something is left to do, the newest first."""
    return unfinished(_listed(user, workflow))[:LISTED]


def deleted_imports(user: User, workflow: OpenedWorkflow) -> QuerySet[Import]:
    """Return those they may see, and restore, the newest first."""
    return _listed(user, workflow).filter(state=State.DELETED)[:LISTED]


def count_unfinished(person: User) -> int:
    """Return how many imports they own in which rows are left to be sent."""
    return unfinished(Import.objects.filter(owner=person)).exclude(state=State.UNREADABLE).count()


def count_stored(person: User) -> int:
    """Return how many imports they own whose rows are still needed: unfinished ones, and deleted ones to restore."""
    owned = Import.objects.filter(owner=person)
    return (unfinished(owned) | owned.filter(state=State.DELETED)).count()


def unfinished(imports: QuerySet[Import]) -> QuerySet[Import]:
    """Return those of them in which something is left to do."""
    open_rows = ImportRow.objects.filter(of=OuterRef("pk"), state__in=LEFT)
    return imports.exclude(state=State.DELETED).exclude(~Exists(open_rows), state=State.CHECKED)


def _listed(user: User, workflow: OpenedWorkflow) -> QuerySet[Import]:
    imports = Import.objects.visible_to(user).filter(key=workflow.key, workflow_id=workflow.workflow_id)
    return imports.select_related("owner").defer(*NOT_READ)


def page_url(of: Import) -> str:
    """The page of its state: what is to be done with it, or how it goes."""
    return reverse(_page(of), args=[of.key_id, of.workflow_id, of.pk])


def _page(of: Import) -> str:
    if of.state == State.MATCHING:
        return "imports:match"
    if of.state in (State.READING, State.UNREADABLE, State.CHECKING, State.DELETED):
        return "imports:detail"
    return "imports:progress" if of.state == State.SENDING or _has_requests(of) else "imports:check"


def _has_requests(of: Import) -> bool:
    """As it was read with it by those who read many."""
    known = getattr(of, "has_requests", None)
    return of.submissions.exists() if known is None else bool(known)
