"""Who may see an import and go on with it: everybody who may use its key."""

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.workflows.access import usable_workflow
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Import, ImportRequest, State

HAS_REQUESTS = Exists(ImportRequest.objects.filter(of=OuterRef("pk")))


def reachable_import(user: User, key_id: int, workflow_id: int, import_id: UUID) -> tuple[OpenedWorkflow, Import]:
    """With the workflow it is for; 404 for people who may not use the key, and for one of another workflow."""
    workflow = usable_workflow(user, key_id, workflow_id)
    of = get_object_or_404(
        Import.objects.select_related("owner", "sender"), pk=import_id, key=workflow.key, workflow_id=workflow_id
    )
    of.key = workflow.key
    return workflow, of


def page_url(of: Import) -> str:
    """The page of its state: what is to be done with it, or how it goes."""
    return reverse(_page(of), args=[of.key_id, of.workflow_id, of.pk])


def _page(of: Import) -> str:
    if of.state == State.MATCHING:
        return "imports:match"
    if of.state in (State.READING, State.UNREADABLE, State.CHECKING):
        return "imports:detail"
    return "imports:progress" if of.state == State.SENDING or _has_requests(of) else "imports:check"


def _has_requests(of: Import) -> bool:
    """As it was read with it by those who read many."""
    known = getattr(of, "has_requests", None)
    return of.requests.exists() if known is None else bool(known)
