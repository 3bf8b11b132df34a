"""Bodies of the upload endpoints."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipelines_portal.external_api.http.schemas import Body, Int64, SentBody
from pipelines_portal.external_api.tasks.schemas import MAX_TASKS, Ignored, RowErrorOut, TaskIn

UPLOAD_ID = "3f2b8c1e-5d7a-4f0e-9b1c-2a6d8e4f7c90"
UploadId = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=[UPLOAD_ID])]


def _whole_number(value: Any) -> Any:
    """Return 778.0 as 778: in JSON they are the same number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Bounded before the format is added: else the document would say "ge", which is no JSON Schema.
Size = Annotated[int, Field(strict=True, ge=1, json_schema_extra={"format": "int64"})]


class UploadIn(SentBody):
    tasks: list[TaskIn] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_TASKS,
        description="A file field's value is the file's path inside the ZIP.",
    )
    file_size_bytes: Annotated[Size, BeforeValidator(_whole_number)] | None = Field(
        default=None, description="The archive's size; the URL lasts longer for a large one.", examples=[1048576]
    )


class UploadStarted(Body):
    upload_id: UploadId
    upload_url: str = Field(
        description="Takes the archive by PUT, without an API key. It can be sent again until the upload is confirmed.",
        examples=["https://storage.example.com/archives/3f2b8c1e.zip?signature=0c1d"],
    )
    expires_at: datetime = Field(
        description="After this `upload_url` stops working.", examples=["2026-03-30T13:00:00Z"]
    )
    ignored_parameters: Ignored


class UploadConfirmed(Body):
    upload_id: UploadId
    status: Literal["processing"]
    ignored_parameters: Ignored


class UploadCancelled(Body):
    upload_id: UploadId
    status: Literal["cancelled"]


class UploadStatus(Body):
    upload_id: UploadId
    status: Literal["pending", "processing", "completed", "failed", "cancelled"] = Field(examples=["completed"])
    success_count: int | None = Field(description="Null until the upload has ended, as the next three.", examples=[2])
    error_count: int | None = Field(examples=[1])
    errors: list[RowErrorOut] | None = Field(
        examples=[[{"index": 2, "field_name": "photo", "message": "File not found in ZIP: images/dog.jpg"}]]
    )
    task_ids: list[Int64] | None = Field(
        description="Of a failed upload: the tasks created before it failed.", examples=[[1002, 1003]]
    )
    error_message: str | None = Field(description="Why the archive as a whole was refused.", examples=[None])
    ignored_count: int | None = Field(
        default=None, description="How many files of the archive no row names. Null until the upload has ended."
    )
    ignored_files: list[str] | None = Field(
        default=None, description="The first 100 of them.", examples=[["images/spare.jpg"]]
    )
