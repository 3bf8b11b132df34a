"""Bodies of the workflow endpoints."""

from typing import Literal

from pydantic import Field

from pipelines_portal.external_api.http.schemas import Body


class WorkflowOut(Body):
    id: int
    name: str
    status: Literal["DRAFT", "PENDING_ACTIVATION", "ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"]


class FieldOut(Body):
    name: str = Field(description="The key to use in a task's `fields`.")
    title: str = Field(description="The label people see.")
    type: str
    required: bool
    format_hint: str | None
    options: list[str] = Field(default=[], description="The valid options; on select fields only.")


class WorkflowSchemaOut(Body):
    workflow_id: int
    fields: list[FieldOut]
    has_file_upload_fields: bool
    has_only_file_upload_fields: bool
