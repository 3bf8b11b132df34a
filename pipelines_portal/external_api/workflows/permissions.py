"""A key may use the workflows of its own organization only."""

from django.http import HttpRequest

from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import OrganizationKey, Workflow

OPEN_STATUSES = {Workflow.Status.ACTIVE, Workflow.Status.PAUSED}


class KeyRequest(HttpRequest):
    """The request of an endpoint, with the key that authenticated it. For type checking only."""

    auth: OrganizationKey


def workflow_for(key: OrganizationKey, workflow_id: int) -> Workflow:
    """Return the workflow, or raise 404. A workflow of another organization looks as if it did not exist."""
    workflow = Workflow.objects.filter(pk=workflow_id, organization_id=key.organization_id).first()
    if workflow is None:
        raise ApiError(404, "Workflow not found")
    return workflow


def require_open(workflow: Workflow) -> None:
    """Raise 422 unless tasks may be created in this workflow now."""
    if workflow.status not in OPEN_STATUSES:
        raise ApiError(422, "Workflow must be ACTIVE or PAUSED to create tasks")
