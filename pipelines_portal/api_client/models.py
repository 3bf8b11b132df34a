"""The responses of the API, as its reference documents them.

Unknown keys are ignored, and unknown statuses and field types are accepted, because a newer API may have more. A null
is as good as a missing key (`validated`). Any other deviation is an UnexpectedResponse that names what is wrong.
"""

import hashlib
import json
import re
from functools import cached_property
from typing import Annotated, Any, TypeVar
from uuid import UUID

import pydantic
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pipelines_portal.api_client.bounds import (
    LONGEST_MESSAGE,
    LONGEST_STATUS,
    Count,
    Id,
    Link,
    LowerStatus,
    Timestamp,
    UpperStatus,
    at_most,
    exact,
    is_exact,
    shown,
)
from pipelines_portal.api_client.task_status import is_open

CREATABLE_STATUSES = frozenset({"ACTIVE", "PAUSED"})
LONGEST_NAME = 300
LONGEST_FIELD_NAME = 200
MOST_TASKS, MOST_LISTED, MOST_ERRORS, MOST_FIELDS, MOST_OPTIONS = 5000, 1000, 50_000, 500, 5000


def _refuse_repeats(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("contains a value twice")
    return values


# The type of the errors whose message is a sentence about a limit of the portal, not of the API.
OWN_LIMIT = "own_limit"


def _refuse_more_than(most: int, message: str) -> BeforeValidator:
    """Refuse a longer list, before its entries are read."""

    def check(value: Any) -> Any:
        if isinstance(value, list) and len(value) > most:
            raise PydanticCustomError(OWN_LIMIT, message)
        return value

    return BeforeValidator(check)


TOO_MANY_FIELDS = f"This workflow has more than {MOST_FIELDS} fields, the most the portal shows."
TOO_MANY_OPTIONS = f"This workflow has more than {MOST_OPTIONS:,} options, the most the portal shows."
TOO_MANY_LISTED = f"This page of the list has more than {MOST_LISTED:,} tasks, the most the portal shows."
TaskIds = Annotated[list[Id], at_most(MOST_TASKS), AfterValidator(_refuse_repeats)]
Name = Annotated[str, shown(LONGEST_NAME)]
Message = Annotated[str, shown(LONGEST_MESSAGE)]
Option = Annotated[str, exact(LONGEST_MESSAGE)]
Cursor = Annotated[str, exact(LONGEST_MESSAGE)]
FieldType = Annotated[str, StringConstraints(to_lower=True, strip_whitespace=True), shown(LONGEST_STATUS)]


Model = TypeVar("Model", bound=BaseModel)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Workflow(_Answer):
    """A workflow. Its name may be empty."""

    id: Id | None = None
    name: Name = ""
    status: UpperStatus

    @property
    def accepts_tasks(self) -> bool:
        """Return whether it is ACTIVE or PAUSED (S114 to S119)."""
        return self.status in CREATABLE_STATUSES


class Field(_Answer):
    """A field of a workflow: `name` is sent, `title` is shown (S111, S112).

    `required` is None if the API does not say it.
    """

    name: Annotated[str, exact(LONGEST_FIELD_NAME)]
    title: Name = ""
    type: FieldType = "short_text"
    required: StrictBool | None = None
    format_hint: Message | None = None
    options: Annotated[list[Option] | None, _refuse_more_than(MOST_OPTIONS, TOO_MANY_OPTIONS)] = None

    @model_validator(mode="before")
    @classmethod
    def _read_any_hint(cls, values: Any) -> Any:
        """Accept any JSON as the hint, which the reference calls only a text. A list of texts names the options."""
        hint = values.get("format_hint") if isinstance(values, dict) else None
        if hint is None or isinstance(hint, str):
            return values
        if isinstance(hint, list) and hint and all(isinstance(entry, str) for entry in hint):
            options = [entry for entry in hint if is_exact(entry, LONGEST_MESSAGE)]
            return values | {"format_hint": None, "options": values.get("options") or options}
        return values | {"format_hint": json.dumps(hint)}

    @property
    def label(self) -> str:
        return self.title or self.name

    @property
    def is_optional(self) -> bool:
        """Return whether the API says that the field may stay empty."""
        return self.required is False

    @cached_property
    def choices(self) -> list[str]:
        """Return the options of a select: `options`, or else those in `format_hint` (S113)."""
        return self.options or _choices_from_hint(self.format_hint or "")


def _choices_from_hint(hint: str) -> list[str]:
    """Read a JSON array, or a list separated by lines, bars, semicolons or commas, which may begin with "One of:"."""
    try:
        parsed = json.loads(hint)
    except (ValueError, RecursionError):
        start = re.search("one of:", hint, re.IGNORECASE)
        listed = (hint[start.end() :] if start else hint).strip()
        separator = next((each for each in "\n|;," if each in listed), "")
        parsed = listed.split(separator) if separator else [listed] if start else []
    options = [text.strip() for text in parsed if isinstance(text, str)] if isinstance(parsed, list) else []
    return [option for option in options if is_exact(option, LONGEST_MESSAGE)]


def _named_once(fields: list[Field]) -> list[Field]:
    """Refuse two fields of the same name: they could not be told apart in a request."""
    _refuse_repeats([field.name for field in fields])
    return fields


def _takes_files(fields: list[Field]) -> list[bool]:
    return [field.type == "file_upload" for field in fields]


def _only_files(read: dict[str, Any]) -> bool:
    return bool(read["fields"]) and all(_takes_files(read["fields"]))


def _some_files(read: dict[str, Any]) -> bool:
    return read["has_only_file_upload_fields"] or any(_takes_files(read["fields"]))


class Schema(_Answer):
    """The fields of a workflow. If the API does not say whether there are file fields, their types do."""

    fields: Annotated[list[Field], _refuse_more_than(MOST_FIELDS, TOO_MANY_FIELDS), AfterValidator(_named_once)]
    has_only_file_upload_fields: StrictBool = pydantic.Field(default_factory=_only_files)
    has_file_upload_fields: StrictBool = pydantic.Field(default_factory=_some_files)

    @model_validator(mode="after")
    def _bounded(self) -> "Schema":
        """Refuse more options than a page can show."""
        if sum(len(field.options or ()) for field in self.fields) > MOST_OPTIONS:
            raise PydanticCustomError(OWN_LIMIT, TOO_MANY_OPTIONS)
        return self

    @cached_property
    def digest(self) -> str:
        """Return a digest that changes with the fields."""
        text = json.dumps([field.model_dump() for field in self.fields], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def file_fields(self) -> list[Field]:
        """Return the fields that take a file: those of that type, or else all, if the API says that all do."""
        typed = [field for field in self.fields if field.type == "file_upload"]
        return typed or (self.fields if self.has_only_file_upload_fields else [])


class NodeSummary(_Answer):
    """The nodes of a task: total = finished + in_progress + pending (S169 to S175)."""

    total: Count = 0
    finished: Count = 0
    in_progress: Count = 0
    pending: Count = 0


class Task(_Answer):
    id: Id
    status: LowerStatus
    node_summary: NodeSummary
    created_at: Timestamp
    updated_at: Timestamp

    @property
    def is_open(self) -> bool:
        """Return whether the task may still change."""
        return is_open(self.status)


class TaskPage(_Answer):
    """A page of tasks, newest first. `next_cursor` is opaque, and null or empty on the last page (S98, S104)."""

    tasks: Annotated[list[Task], _refuse_more_than(MOST_LISTED, TOO_MANY_LISTED)]
    next_cursor: Annotated[Cursor | None, BeforeValidator(lambda cursor: None if cursor == "" else cursor)] = None
    has_more: StrictBool | None = None
    # Of the entries that are no documented tasks: their IDs, and None for each whose ID cannot be read either.
    unreadable_ids: list[Id | None] = []

    @property
    def count(self) -> int:
        """Return how many tasks the page has, with those that cannot be read."""
        return len(self.tasks) + len(self.unreadable_ids)

    @property
    def older_cursor(self) -> str | None:
        """Return the cursor of the next, older page, or None on the last."""
        return None if self.has_more is False else self.next_cursor


def validated(model: type[Model], data: Any) -> Model:
    """Return the response as a model. Only if that fails, read it without its nulls. Raise ValidationError."""
    try:
        return model.model_validate(data)
    except ValidationError:
        return model.model_validate(_without_nulls(data))


def _without_nulls(data: Any) -> Any:
    """Return JSON without the keys whose values are null."""
    if isinstance(data, dict):
        return {key: _without_nulls(value) for key, value in data.items() if value is not None}
    return [_without_nulls(entry) for entry in data] if isinstance(data, list) else data


def without_unreadable(data: Any) -> TaskPage | None:
    """Return a page whose entries that are no documented tasks are only named, or None if that does not help."""
    data = _without_nulls(data)
    entries = data.get("tasks") if isinstance(data, dict) else None
    if not isinstance(entries, list) or len(entries) > MOST_LISTED:
        return None
    readable = [entry for entry in entries if _is_valid(_TASK, entry)]
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in entries if not _is_valid(_TASK, entry)]
    if not readable:
        return None
    try:
        page = TaskPage.model_validate(data | {"tasks": readable, "unreadable_ids": []})
    except ValidationError:
        return None
    return page.model_copy(update={"unreadable_ids": [each if _is_valid(_ID, each) else None for each in ids]})


_TASK, _ID = TypeAdapter(Task), TypeAdapter(Id)


def _is_valid(kind: TypeAdapter[Any], value: Any) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True


class RowError(_Answer):
    """The error of a row. `index` counts from 0 in the rows that were sent (S129)."""

    index: Count
    field_name: Annotated[str, shown(LONGEST_FIELD_NAME)] | None = None
    message: Message


RowErrors = Annotated[list[RowError], at_most(MOST_ERRORS)]


class CreatedTasks(_Answer):
    """The result of creating tasks: some rows may have failed (S126)."""

    success_count: Count
    error_count: Count
    errors: RowErrors = []
    task_ids: TaskIds


class StartedUpload(_Answer):
    upload_id: UUID
    upload_url: Link
    expires_at: Timestamp

    def __repr__(self) -> str:
        return f"StartedUpload({self.upload_id})"  # upload_url is a secret

    __str__ = __repr__


class UploadStatus(_Answer):
    """The status of an upload. A completed upload always has both counts."""

    upload_id: UUID | None = None
    status: LowerStatus
    success_count: Count | None = None
    error_count: Count | None = None
    errors: RowErrors | None = None
    task_ids: TaskIds | None = None
    error_message: Message | None = None

    @model_validator(mode="after")
    def _completed_is_counted(self) -> "UploadStatus":
        """Refuse a completed upload without counts."""
        if self.status == "completed" and (self.success_count is None or self.error_count is None):
            raise ValueError("success_count or error_count of the completed upload is missing")
        return self

    @property
    def is_over(self) -> bool:
        """Return whether it has ended (S165)."""
        return self.status in ("completed", "failed", "cancelled")
