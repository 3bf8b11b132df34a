"""The values that a form starts with: of a submission, a task, a preset or a link."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core.notation import Notation
from pipelines_portal.entry.form.pins import read_pins
from pipelines_portal.entry.models.form import Preset
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.origin import origin_of_task
from pipelines_portal.web.parameters import number_in, uuid_in
from pipelines_portal.workflows.checking import Judged, Native, RowCheck
from pipelines_portal.workflows.fields.field_values import FieldValues, is_blank
from pipelines_portal.workflows.fields.reading.local_times import NOWHERE
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass(frozen=True)
class InitialValues:
    """Values to begin with, and the token of their submission if it is a draft that is still to be sent."""

    fields: dict[str, Any]
    token: UUID | None = None
    # For the person, if it is not what they requested.
    problem: str = ""
    left_out: list[str] = field(default_factory=list)


def requested_start(person: User, workflow: OpenedWorkflow, schema: Schema, query: QueryDict) -> InitialValues | None:
    """Read the URL: `?again=` and `?like=` a submission, `?task=`, `?preset=`, `?f.name=`. Return None without any.

    `again` has all values, `like` only those of pinned fields.
    """
    start = _earlier(person, workflow, schema, query)
    if start:
        return replace(start, left_out=misfits(schema, start.fields))
    values, left_out = prefilled(schema, query)
    return InitialValues(values, left_out=left_out) if values or left_out else None


def _earlier(person: User, workflow: OpenedWorkflow, schema: Schema, query: QueryDict) -> InitialValues | None:
    if "again" in query:
        return _of_submission(person, uuid_in(query.get("again", "")), workflow.workflow_id)
    if "like" in query:
        earlier = _of_submission(person, uuid_in(query.get("like", "")), workflow.workflow_id)
        pinned = read_pins(person, workflow, schema).names
        return InitialValues(
            {name: value for name, value in earlier.fields.items() if name in pinned}, problem=earlier.problem
        )
    if "task" in query:
        return _of_task(person, workflow, number_in(query.get("task", "")))
    if "preset" in query:
        return _of_preset(person, workflow, number_in(query.get("preset", "")))
    return None


def _of_submission(owner: User, submission_id: UUID | None, workflow_id: int) -> InitialValues:
    """Return the values of one's own submission to this workflow, or none."""
    if submission_id is None:
        return InitialValues({})
    mine = Submission.objects.filter(owner=owner, workflow_id=workflow_id, pk=submission_id).first()
    row = mine.rows.first() if mine else None
    if mine is None or row is None:
        return InitialValues({})
    is_unsent = mine.kind == Submission.Kind.FORM and mine.status == Submission.Status.DRAFT
    if row.fields is None:
        return InitialValues({}, problem="The earlier values were deleted. The form is empty.")
    return InitialValues(row.fields, mine.token if is_unsent else None)


def _of_task(person: User, workflow: OpenedWorkflow, task_id: int | None) -> InitialValues:
    origin = origin_of_task(person, workflow.key, workflow.workflow_id, task_id) if task_id else None
    if origin is None or origin.fields is None:
        return InitialValues({}, problem="We don’t have this task’s values, or you can’t see them. The form is empty.")
    return InitialValues(origin.fields)


def _of_preset(person: User, workflow: OpenedWorkflow, preset_id: int | None) -> InitialValues:
    offered = Preset.objects.offered_to(person).filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    preset = offered.filter(pk=preset_id).first() if preset_id is not None else None
    return InitialValues(preset.fields) if preset else InitialValues({}, problem="Preset not found. The form is empty.")


BEFORE_NAMES = "f."
LONGEST = 20_000


def prefilled(schema: Schema, query: QueryDict) -> tuple[FieldValues, list[str]]:
    """Return values by field name, and sentences about what was left out."""
    values: FieldValues = {}
    left_out: list[str] = []
    fields = _entered(schema)
    for parameter in (each for each in query if each.startswith(BEFORE_NAMES)):
        name, text = parameter.removeprefix(BEFORE_NAMES), query.get(parameter, "")
        if name not in fields:
            left_out.append(f"Unknown field “{name[:200]}” in the link.")
        elif wrong := _wrong_choice(fields[name], text):
            left_out.append(wrong)
        else:
            value = _judge(fields[name], text[:LONGEST]).value if not type_of(fields[name]).is_time else None
            values[name] = text[:LONGEST] if value is None else value
    return values, left_out


def misfits(schema: Schema, earlier: FieldValues) -> list[str]:
    """Return sentences about earlier values that the form can no longer show."""
    fields = _entered(schema)
    sentences = [
        _wrong_choice(fields[name], value)
        if name in fields
        else f"“{name[:200]}” is no longer a field. Its value was “{str(value)[:200]}”."
        for name, value in earlier.items()
        if not is_blank(value)
    ]
    return list(filter(None, sentences))


def _entered(schema: Schema) -> dict[str, Field]:
    return {field.name: field for field in schema.fields if not type_of(field).is_file}


def _wrong_choice(field: Field, value: Any) -> str:
    """Return what is wrong with a value that buttons cannot show. Other inputs show any value."""
    if not type_of(field).is_chosen or not _judge(field, value).problem:
        return ""
    return f"{field.label}: “{str(value)[:200]}” isn’t an option."


def _judge(field: Field, value: Any) -> Judged:
    entered = value if isinstance(value, str) else Native(value, str(value))
    return RowCheck([field], Notation(), NOWHERE).field(field, entered)
