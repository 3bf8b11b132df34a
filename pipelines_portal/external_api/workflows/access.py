"""What a key may reach: its own organization's workflows, and nothing else."""

from django.http import HttpRequest

from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import OrganizationKey, Workflow

OPEN_STATUSES = {Workflow.Status.ACTIVE, Workflow.Status.PAUSED}


class KeyRequest(HttpRequest):
    """What an endpoint is given: the key that called. For types only."""

    auth: OrganizationKey


def workflow_for(key: OrganizationKey, workflow_id: int) -> Workflow:
    """The workflow, or 404: one of another organization looks as if it were not there."""
    workflow = Workflow.objects.filter(pk=workflow_id, organization_id=key.organization_id).first()
    if workflow is None:
        raise ApiError(404, "Workflow not found")
    return workflow


def require_open(workflow: Workflow) -> None:
    """422 unless tasks may be created in this workflow now."""
    if workflow.status not in OPEN_STATUSES:
        raise ApiError(422, "Workflow must be ACTIVE or PAUSED to create tasks")
