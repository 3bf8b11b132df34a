"""Endpoints of workflows and their schemas."""

from typing import Any, Literal

from ninja import Router
from pydantic import Field

from pipelines_portal.external_api.http import responses
from pipelines_portal.external_api.http.schemas import Body, Int64, PathId
from pipelines_portal.external_api.models import Workflow
from pipelines_portal.external_api.workflows.field_types import describe, has_file_fields, has_only_file_fields
from pipelines_portal.external_api.workflows.permissions import KeyRequest, workflow_for

router = Router(tags=["Workflows"])


class WorkflowOut(Body):
    id: Int64
    name: str
    status: Literal["DRAFT", "PENDING_ACTIVATION", "ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"]


class FieldOut(Body):
    name: str = Field(description="The key to use in a task's `fields`.")
    title: str = Field(description="The label people see.")
    type: str
    required: bool
    format_hint: str | None
    options: list[str] = Field(default_factory=list, description="The valid options; on select fields only.")


class WorkflowSchemaOut(Body):
    workflow_id: Int64
    fields: list[FieldOut]
    has_file_upload_fields: bool
    has_only_file_upload_fields: bool


@router.get(
    "/workflows/{workflow_id}",
    response=responses.reading(WorkflowOut),
    operation_id="get_workflow",
    summary="Workflow metadata",
)
def get_workflow(request: KeyRequest, workflow_id: PathId) -> dict[str, Any]:
    """Return name and status. Workflows can be read in every status."""
    workflow: Workflow = workflow_for(request.auth, workflow_id)
    return {"id": workflow.pk, "name": workflow.name, "status": workflow.status}


@router.get(
    "/workflows/{workflow_id}/schema",
    response=responses.reading(WorkflowSchemaOut),
    operation_id="get_workflow_schema",
    summary="Fields required to create tasks",
    exclude_unset=True,
)
def get_workflow_schema(request: KeyRequest, workflow_id: PathId) -> dict[str, Any]:
    """Each field's `name` is the key to use in a task's `fields`; `title` is only the label people see."""
    workflow = workflow_for(request.auth, workflow_id)
    return {
        "workflow_id": workflow.pk,
        "fields": [describe(field) for field in workflow.fields],
        "has_file_upload_fields": has_file_fields(workflow.fields),
        "has_only_file_upload_fields": has_only_file_fields(workflow.fields),
    }
