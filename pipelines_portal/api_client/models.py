"""The API's answers, parsed. Unknown keys are ignored; keys the reference does not name may be missing."""

import json
from datetime import UTC
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, NonNegativeInt

CREATABLE_STATUSES = frozenset({"ACTIVE", "PAUSED"})
TASK_STATUSES = ("pending", "in_progress", "finished", "failed", "paused", "escalated", "quarantined")


def _assume_utc(value: Any) -> Any:
    if isinstance(value, str) and value and not value.endswith("Z") and "+" not in value and value.count("-") < 3:
        return f"{value}Z"
    return value


# Fractions and offsets are read; a time without an offset counts as UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_assume_utc), AfterValidator(lambda moment: moment.astimezone(UTC))]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Workflow(_Answer):
    id: int
    name: str
    status: Annotated[str, AfterValidator(str.upper)]

    @property
    def accepts_tasks(self) -> bool:
        """Only ACTIVE and PAUSED workflows do (S114 to S119)."""
        return self.status in CREATABLE_STATUSES


def _options(value: Any) -> list[str] | None:
    return [str(option) for option in value] if isinstance(value, list) else None


class Field(_Answer):
    """One predefined field: `name` is what to send, `title` what people see (S111, S112)."""

    name: str
    title: str = ""
    type: str = "short_text"
    required: bool = False
    format_hint: str | None = None
    options: Annotated[list[str] | None, BeforeValidator(_options)] = None

    @property
    def label(self) -> str:
        return self.title or self.name

    @cached_property
    def choices(self) -> list[str]:
        """A select's options: `options`, else out of `format_hint` (S113); empty when neither names any."""
        if self.options:
            return self.options
        return _choices_from_hint(self.format_hint or "")


def _choices_from_hint(hint: str) -> list[str]:
    try:
        parsed = json.loads(hint)
    except ValueError:
        return _split_hint(hint)
    return [str(option) for option in parsed] if isinstance(parsed, list) else []


def _split_hint(hint: str) -> list[str]:
    _, separator, listed = hint.partition("One of:")
    if not separator and "," not in hint:
        return []
    options = (listed if separator else hint).split(",")
    return [option.strip() for option in options if option.strip()]


class Schema(_Answer):
    fields: list[Field]
    has_file_upload_fields: bool = False
    has_only_file_upload_fields: bool = False

    @property
    def file_fields(self) -> list[Field]:
        return [field for field in self.fields if field.type == "file_upload"]


class NodeSummary(_Answer):
    """total = finished + in_progress + pending (S169 to S175); says nothing of the task's own status."""

    total: NonNegativeInt
    finished: NonNegativeInt
    in_progress: NonNegativeInt
    pending: NonNegativeInt


class Task(_Answer):
    id: int
    status: str
    node_summary: NodeSummary
    created_at: Moment
    updated_at: Moment

    @property
    def is_over(self) -> bool:
        """Whether it has come to an end; everything else may still move."""
        return self.status in ("finished", "failed")


class TaskPage(_Answer):
    """Newest first. `next_cursor` is opaque, and null on the last page (S98, S104)."""

    tasks: list[Task]
    next_cursor: str | None = None
    has_more: bool = False


class RowError(_Answer):
    """`index` counts from 0 in the rows as sent (S129)."""

    index: int
    field_name: str | None = None
    message: str


class CreatedTasks(_Answer):
    """Look at both counts (S126)."""

    success_count: NonNegativeInt
    error_count: NonNegativeInt
    errors: list[RowError] = []
    task_ids: list[int]


class StartedUpload(_Answer):
    upload_id: UUID
    upload_url: str
    expires_at: Moment

    def __repr__(self) -> str:
        return f"StartedUpload({self.upload_id})"  # upload_url is a secret

    __str__ = __repr__


class UploadStatus(_Answer):
    upload_id: UUID
    status: str
    success_count: int | None = None
    error_count: int | None = None
    errors: list[RowError] | None = None
    task_ids: list[int] | None = None
    error_message: str | None = None

    @property
    def is_over(self) -> bool:
        """S165."""
        return self.status in ("completed", "failed", "cancelled")
