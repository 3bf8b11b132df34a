"""The values that a form starts with: of a submission, a task, a preset or a link."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry import texts
from pipelines_portal.entry.form.presets import pinned_names
from pipelines_portal.entry.models.form import Preset
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.origin import origin_of_task
from pipelines_portal.web.parameters import number_in, uuid_in
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.types import FILE_UPLOAD, type_of
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass(frozen=True)
class Start:
    """Values to begin with, and the token of their submission if it is a draft that is still to be sent."""

    fields: dict[str, Any]
    token: UUID | None = None
    # For the person, where it is not what they asked for.
    problem: str = ""
    left_out: list[str] = field(default_factory=list)


def asked_start(person: User, workflow: OpenedWorkflow, schema: Schema, asked: QueryDict) -> Start | None:
    """Read the address: `?again=` and `?like=` a submission, `?task=`, `?preset=`, `?f.name=`. Return None without any.

    `again` has all values, `like` only those of pinned fields.
    """
    start = _earlier(person, workflow, schema, asked)
    if start:
        return replace(start, left_out=misfits(schema, start.fields))
    values, left_out = prefilled(schema, asked)
    return Start(values, left_out=left_out) if values or left_out else None


def _earlier(person: User, workflow: OpenedWorkflow, schema: Schema, asked: QueryDict) -> Start | None:
    if "again" in asked:
        return _of_submission(person, uuid_in(asked.get("again", "")), workflow.workflow_id)
    if "like" in asked:
        earlier = _of_submission(person, uuid_in(asked.get("like", "")), workflow.workflow_id)
        kept = pinned_names(person, workflow, schema)
        return Start({name: value for name, value in earlier.fields.items() if name in kept}, problem=earlier.problem)
    if "task" in asked:
        return _of_task(person, workflow, number_in(asked.get("task", "")))
    if "preset" in asked:
        return _of_preset(person, workflow, number_in(asked.get("preset", "")))
    return None


def _of_submission(owner: User, submission_id: UUID | None, workflow_id: int) -> Start:
    """Return the values of one's own submission to this workflow, or none."""
    if submission_id is None:
        return Start({})
    mine = Submission.objects.filter(owner=owner, workflow_id=workflow_id, pk=submission_id).first()
    row = mine.rows.first() if mine else None
    if mine is None or row is None:
        return Start({})
    is_unsent = mine.kind == Submission.Kind.FORM and mine.status == Submission.Status.DRAFT
    if row.fields is None:
        return Start({}, problem=texts.VALUES_REMOVED)
    return Start(row.fields, mine.token if is_unsent else None)


def _of_task(person: User, workflow: OpenedWorkflow, task_id: int | None) -> Start:
    origin = origin_of_task(person, workflow.key, workflow.workflow_id, task_id) if task_id else None
    return Start(origin.fields) if origin and origin.fields is not None else Start({}, problem=texts.VALUES_UNKNOWN)


def _of_preset(person: User, workflow: OpenedWorkflow, preset_id: int | None) -> Start:
    if preset_id is None:
        return Start({}, problem=texts.NO_PRESET)
    place = {"key": workflow.key_id, "workflow_id": workflow.workflow_id}
    preset = Preset.objects.offered_to(person).filter(pk=preset_id, **place).first()
    if preset is None:
        return Start({}, problem=texts.NO_PRESET)
    return Start(preset.fields)


BEFORE_NAMES = "f."
LONGEST = 20_000


def prefilled(schema: Schema, asked: QueryDict) -> tuple[FieldValues, list[str]]:
    """Return values by field name, and sentences about what was left out."""
    values: FieldValues = {}
    left_out: list[str] = []
    fields = _entered(schema)
    for name, text in ((name.removeprefix(BEFORE_NAMES), asked.get(name, "")) for name in asked if _is_value(name)):
        if name not in fields:
            left_out.append(texts.UNKNOWN_FIELD.format(name=name[:200]))
        elif wrong := _wrong_choice(fields[name], text):
            left_out.append(wrong)
        else:
            values[name] = type_of(fields[name]).read_cell(text[:LONGEST])
    return values, left_out


def misfits(schema: Schema, earlier: FieldValues) -> list[str]:
    """Return sentences about earlier values that the form can no longer show."""
    fields = _entered(schema)
    told = [
        _wrong_choice(fields[name], value)
        if name in fields
        else texts.FIELD_REMOVED.format(name=name[:200], value=str(value)[:200])
        for name, value in earlier.items()
        if not is_blank(value)
    ]
    return list(filter(None, told))


def _entered(schema: Schema) -> dict[str, Field]:
    return {field.name: field for field in schema.fields if field.type != FILE_UPLOAD}


def _is_value(name: str) -> bool:
    return name.startswith(BEFORE_NAMES)


def _wrong_choice(field: Field, value: Any) -> str:
    """Return what is wrong with a value that buttons cannot show. Other inputs show any value."""
    kind = type_of(field)
    if not kind.stays_filled_in:
        return ""
    if not kind.objection(field, kind.read_cell(value)):
        return ""
    return texts.NOT_A_CHOICE.format(field=field.label, value=str(value)[:200])
