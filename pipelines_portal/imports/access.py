"""Who may see an import, and act on it: see `Imports.visible_to`. Sending needs the key too."""

from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet, UUIDField
from django.http import Http404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.access import used_by
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.shared.together import Read, together
from pipelines_portal.web.not_allowed import NotAllowed
from pipelines_portal.workflows.access import usable_workflow
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Import, ImportRequest, ImportRow, RowState, State

HAS_REQUESTS = Exists(ImportRequest.objects.filter(of=OuterRef("pk")))
PEOPLE = ("owner", "continued_by", "paused_by", "deleted_by")
# Rows that somebody may still do something with.
LEFT = (RowState.READY, RowState.TO_FIX, RowState.TWICE, RowState.REJECTED)
LISTED = 20
NOT_READ = ("found", "matching", "schema", "task_counts", "walk")


def visible_import(user: User, key_id: int, workflow_id: int, import_id: UUID) -> tuple[OpenedWorkflow, Import]:
    """Return it with its workflow. Raise Http404 for people who may not see it, and for one of another workflow."""
    return visible_import_with(user, key_id, workflow_id, import_id)[:2]


def visible_import_with(
    user: User, key_id: int, workflow_id: int, import_id: UUID, *reads: Read
) -> tuple[OpenedWorkflow, Import, list[list[Any]]]:
    """As `visible_import`, with what else its page reads."""
    asked = _visible.asked(user=user.pk, pk=import_id, key=key_id, workflow=workflow_id)
    opened, imports, *others = together(_opened.asked(key=key_id, workflow=workflow_id), asked, *reads)
    if not imports:
        raise Http404
    if not opened:
        usable_workflow(user, key_id, workflow_id)
        raise Http404
    imports[0].key = used_by(user, opened[0].key)
    return opened[0], imports[0], others


@prepared(key=BigIntegerField(), workflow=BigIntegerField())
def _opened(key: Given, workflow: Given) -> QuerySet[OpenedWorkflow]:
    return OpenedWorkflow.objects.filter(key=key, workflow_id=workflow).select_related("key__owner")


@prepared(user=BigIntegerField(), pk=UUIDField(), key=BigIntegerField(), workflow=BigIntegerField())
def _visible(user: Given, pk: Given, key: Given, workflow: Given) -> QuerySet[Import]:
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    found = Import.objects.visible_to(user).filter(pk=pk, key=key, workflow_id=workflow)
    return found.select_related(*PEOPLE).annotate(is_key_usable=usable)


def may_use_key(of: Import) -> bool:
    """Whether the person who asked for it with `visible_import` may use its key."""
    return bool(getattr(of, "is_key_usable", False))


def require_key(of: Import) -> None:
    """Before the API is asked with its key. Raise NotAllowed for people who see the import, and may not use the key."""
    if not may_use_key(of):
        raise NotAllowed(f"The key {of.key.name} is no longer shared with you. Nothing was sent or looked up.")


def unfinished_imports(user: User, workflow: OpenedWorkflow) -> QuerySet[Import]:
    """Return those they may see in which something is left to do, the newest first."""
    return _unfinished(_listed(user, workflow))[:LISTED]


def deleted_imports(user: User, workflow: OpenedWorkflow) -> QuerySet[Import]:
    """Return those they may see, and restore, the newest first."""
    return _listed(user, workflow).filter(state=State.DELETED)[:LISTED]


def count_unfinished(person: User) -> int:
    """Return how many imports they own in which rows are left to be sent."""
    return _unfinished(Import.objects.filter(owner=person)).exclude(state=State.UNREADABLE).count()


def count_stored(person: User) -> int:
    """Return how many imports they own whose rows are still needed: unfinished ones, and deleted ones to restore."""
    owned = Import.objects.filter(owner=person)
    return (_unfinished(owned) | owned.filter(state=State.DELETED)).count()


def _unfinished(imports: QuerySet[Import]) -> QuerySet[Import]:
    open_rows = ImportRow.objects.filter(of=OuterRef("pk"), generation=OuterRef("generation"), state__in=LEFT)
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
    return of.requests.exists() if known is None else bool(known)
