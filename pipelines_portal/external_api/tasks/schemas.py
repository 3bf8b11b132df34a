"""The bodies that come in and go out, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal, get_args

from ninja import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_TASKS = 5000


def plain_integer(value: Any) -> Any:
    """Digits only: pydantic alone would also take " 7", "7.0" and "1_000"."""
    if isinstance(value, str) and not value.removeprefix("-").isdecimal():
        raise PydanticCustomError("int_parsing", "Input should be a valid integer")
    return value


PlainInteger = Annotated[int, BeforeValidator(plain_integer)]
PathId = Annotated[int, BeforeValidator(plain_integer), WithJsonSchema({"type": "integer", "example": 42}), Path()]


class Body(BaseModel):
    """A body of ours: exactly these keys."""

    model_config = ConfigDict(extra="forbid")


class Health(Body):
    status: Literal["ok"]


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


class TaskIn(BaseModel):
    fields: dict[str, Any] = Field(description="From field name to value.")


class TasksIn(BaseModel):
    tasks: list[TaskIn] = Field(min_length=1, max_length=MAX_TASKS)


class RowErrorOut(Body):
    index: int = Field(description="Zero-based position in the list as sent.")
    field_name: str
    message: str


class TasksCreated(Body):
    success_count: int
    error_count: int
    errors: list[RowErrorOut]
    task_ids: list[int]


class NodeSummary(Body):
    total: int
    finished: int
    in_progress: int
    pending: int


Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time", "example": "2026-03-30T12:00:00Z"})]
TaskStatus = Literal["pending", "in_progress", "finished", "failed", "paused", "escalated", "quarantined"]
STATUS_PARAMETER = {"type": "string", "enum": list(get_args(TaskStatus))}


class TaskOut(Body):
    id: int
    status: TaskStatus
    node_summary: NodeSummary
    created_at: Timestamp
    updated_at: Timestamp


class TaskQuery(BaseModel):
    limit: PlainInteger = Field(50, ge=1, le=200, description="How many tasks a page holds.")
    cursor: str = Field("", description="The `next_cursor` of the page before; leave it out for the first page.")
    # Not a Literal: another value is 400 invalid_request, not 422.
    status: Annotated[str | None, WithJsonSchema(STATUS_PARAMETER)] = Field(
        None, description="Only tasks in this status."
    )


class TaskPage(Body):
    tasks: list[TaskOut]
    next_cursor: str | None
    has_more: bool


ErrorCode = Literal[
    "missing_api_key",
    "invalid_api_key",
    "invalid_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "payload_too_large",
    "validation_error",
    "rate_limit_exceeded",
    "internal_server_error",
    "service_unavailable",
    "api_error",
]


class Error(Body):
    error: ErrorCode
    message: str


class RateLimitError(Error):
    retry_after: int = Field(ge=1, description="Seconds to wait, as in the Retry-After header.")
