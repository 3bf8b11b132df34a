"""What a key may reach: its own organization's workflows, and nothing else."""

from django.db.models import BigIntegerField, Exists, QuerySet
from django.http import HttpRequest

from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import OrganizationKey, Workflow
from pipelines_portal.shared.prepared import Given, prepared

OPEN_STATUSES = {Workflow.Status.ACTIVE, Workflow.Status.PAUSED}


class KeyRequest(HttpRequest):
    """What an endpoint is given: the key that called. For types only."""

    auth: OrganizationKey


def workflow_for(key: OrganizationKey, workflow_id: int) -> Workflow:
    """The workflow, or 404: one of another organization looks as if it were not there."""
    workflow = _workflow_of.first(organization=key.organization_id, number=workflow_id)
    if workflow is None:
        raise ApiError(404, "Workflow not found")
    return workflow


@prepared(organization=BigIntegerField(), number=BigIntegerField())
def _workflow_of(organization: Given, number: Given) -> QuerySet[Workflow]:
    return Workflow.objects.filter(pk=number, organization_id=organization)


def is_within(organization: Given, workflow: Given) -> Exists:
    """For a query of what belongs to a workflow: nothing of it is another organization's. Saves asking for it first."""
    return Exists(Workflow.objects.filter(pk=workflow, organization_id=organization))


def require_open(workflow: Workflow) -> None:
    """422 unless tasks may be created in this workflow now."""
    if workflow.status not in OPEN_STATUSES:
        raise ApiError(422, "Workflow must be ACTIVE or PAUSED to create tasks")
