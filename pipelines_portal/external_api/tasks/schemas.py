"""Bodies and parameters of the task endpoints."""

from typing import Annotated, Any, Literal, get_args

from ninja import Query
from pydantic import BaseModel, Field, WithJsonSchema

from pipelines_portal.external_api.http.schemas import Body, Error, Int64, PlainInteger, SentBody

MAX_TASKS = 5000


class TaskIn(SentBody):
    fields: dict[str, Any] = Field(description="From field name to value.")


class TasksIn(SentBody):
    tasks: list[TaskIn] = Field(min_length=1, max_length=MAX_TASKS)


# Not a bool, because another value is answered with 400 invalid_request, and only these two words count.
DryRun = Annotated[
    str | None,
    WithJsonSchema({"type": "boolean", "default": False}),
    Query(None, description="With `true`, the tasks are checked and not created: the same errors, and no `task_ids`."),
]


class RowErrorOut(Body):
    index: int = Field(description="Zero-based position in the list as sent.")
    field_name: str = Field(description="Empty if the error is about the task as a whole.")
    message: str


class TasksRefused(Error):
    errors: list[RowErrorOut] = Field(
        default_factory=list, description="Why each task failed, if that is why none was created."
    )


Ignored = Annotated[
    list[str],
    Field(default_factory=list, description="Parameters that the API does not know. Left out if there are none."),
]


class TasksCreated(Body):
    success_count: int
    error_count: int
    errors: list[RowErrorOut]
    task_ids: list[Int64]
    # A default in the document would be filled in by generated clients.
    dry_run: bool = Field(default_factory=bool, description="True after a dry run, and left out otherwise.")
    ignored_parameters: Ignored


class NodeSummary(Body):
    total: int
    finished: int
    in_progress: int
    pending: int


Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time", "example": "2026-03-30T12:00:00Z"})]
TaskStatus = Literal["pending", "in_progress", "finished", "failed", "paused", "escalated", "quarantined"]
STATUS_PARAMETER = {"type": "string", "enum": list(get_args(TaskStatus))}


class TaskOut(Body):
    id: Int64
    status: TaskStatus
    node_summary: NodeSummary
    created_at: Timestamp
    updated_at: Timestamp


class TaskQuery(BaseModel):
    limit: PlainInteger = Field(50, ge=1, le=200, description="How many tasks a page holds.")
    cursor: str = Field("", description="The `next_cursor` of the page before; leave it out for the first page.")
    # Not a Literal, because another value is answered with 400 invalid_request instead of 422.
    status: Annotated[str | None, WithJsonSchema(STATUS_PARAMETER)] = Field(
        None, description="Only tasks in this status."
    )


class TaskPage(Body):
    tasks: list[TaskOut]
    next_cursor: str | None
    has_more: bool
