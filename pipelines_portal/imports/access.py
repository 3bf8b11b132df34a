"""Who may see an import and go on with it: everybody who may use its key."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.access import usable_key
from pipelines_portal.workflows.access import opened_workflow
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Import


def reachable_import(user: User, key_id: int, workflow_id: int, import_id: UUID) -> tuple[OpenedWorkflow, Import]:
    """With the workflow it is for; 404 for people who may not use the key, and for one of another workflow."""
    key = usable_key(user, key_id)
    workflow = opened_workflow(key, workflow_id)
    workflow.key = key
    of = get_object_or_404(
        Import.objects.select_related("owner", "sender"), pk=import_id, key=key, workflow_id=workflow_id
    )
    of.key = key
    return workflow, of
