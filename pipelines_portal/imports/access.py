"""Who may see an import and go on with it: everybody who may use its key."""

from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet, UUIDField
from django.http import Http404
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.shared.together import Read
from pipelines_portal.workflows.access import usable_workflow_with
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Import, ImportRequest, State

HAS_REQUESTS = Exists(ImportRequest.objects.filter(of=OuterRef("pk")))


def reachable_import(user: User, key_id: int, workflow_id: int, import_id: UUID) -> tuple[OpenedWorkflow, Import]:
    """With the workflow it is for; 404 for people who may not use the key, and for one of another workflow."""
    return reachable_import_with(user, key_id, workflow_id, import_id)[:2]


def reachable_import_with(
    user: User, key_id: int, workflow_id: int, import_id: UUID, *reads: Read
) -> tuple[OpenedWorkflow, Import, list[list[Any]]]:
    """As `reachable_import`, with what else its page reads."""
    asked = _of_workflow.asked(pk=import_id, key=key_id, workflow=workflow_id)
    workflow, (imports, *others) = usable_workflow_with(user, key_id, workflow_id, asked, *reads)
    if not imports:
        raise Http404
    imports[0].key = workflow.key
    return workflow, imports[0], others


@prepared(pk=UUIDField(), key=BigIntegerField(), workflow=BigIntegerField())
def _of_workflow(pk: Given, key: Given, workflow: Given) -> QuerySet[Import]:
    return Import.objects.filter(pk=pk, key=key, workflow_id=workflow).select_related("owner", "sender")


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
