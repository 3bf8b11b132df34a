"""Presets: values to start from, under a name. The form and the grid apply them."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import StoredForForm, read_stored
from pipelines_portal.entry.models.form import Preset, Presets
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

# Keys such as Alt 1 apply the first; a menu has the others.
MOST_CHIPS, MOST_LISTED = 9, 200
LONGEST_NAME = 100


@dataclass(frozen=True)
class OfferedPreset:
    """A preset that the person may apply; `number` is its key, and `may_change` allows to rename and delete it."""

    pk: int
    name: str
    number: int
    may_change: bool


def offered_presets(person: User, workflow: OpenedWorkflow) -> list[OfferedPreset]:
    """Return the person's own presets, then those of others that are shared, both by name."""
    if not stored_for_form(person, workflow).has_presets:
        return []
    found = _of(workflow).offered_to(person).order_by("is_shared", "name", "pk")[:MOST_LISTED]
    is_owner = workflow.key.owner_id == person.pk
    return [
        OfferedPreset(pk, name, number, is_owner or author == person.pk)
        for number, (pk, name, author) in enumerate(found.values_list("pk", "name", "author"), start=1)
    ]


def offered_preset(person: User, workflow: OpenedWorkflow, preset_id: int) -> Preset:
    """Return a preset that the person may apply, or raise Http404."""
    return get_object_or_404(_of(workflow).offered_to(person), pk=preset_id)


def changeable_preset(person: User, workflow: OpenedWorkflow, preset_id: int) -> Preset:
    """Return a preset that the person may change, as its author or as the owner of the key of a shared one, or raise
    Http404.
    """
    return get_object_or_404(_of(workflow).changed_by(person).select_related("author"), pk=preset_id)


def save_preset(
    author: User, workflow: OpenedWorkflow, name: str, fields: FieldValues, *, is_shared: bool
) -> tuple[Preset, bool]:
    """Save a preset, and replace one of the same name by the same person. Return it, and True if it is new."""
    place: dict[str, Any] = {"key": workflow.key, "workflow_id": workflow.workflow_id, "author": author}
    return Preset.objects.update_or_create(**place, name=name, is_shared=is_shared, defaults={"fields": fields})


def rename_preset(preset: Preset, name: str) -> bool:
    """Return False if its author has another preset of that name."""
    try:
        with transaction.atomic():
            Preset.objects.filter(pk=preset.pk).update(name=name)
    except IntegrityError:
        return False
    return True


def name_error(name: str) -> str:
    """Return why this cannot be the name of a preset, or ""."""
    if not name:
        return "Enter a name."
    if "\0" in name:
        return "Remove invisible characters."
    return f"Enter at most {LONGEST_NAME} characters." if len(name) > LONGEST_NAME else ""


def _of(workflow: OpenedWorkflow) -> Presets:
    return Preset.objects.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)


def stored_for_form(person: User, workflow: OpenedWorkflow) -> StoredForForm:
    """Return what is stored for the person, read once for this `workflow` object."""
    known: dict[int, StoredForForm] = workflow.__dict__.setdefault("stored_for_form", {})
    if person.pk not in known:
        known[person.pk] = read_stored(person, workflow)
    return known[person.pk]


def forget_stored(workflow: OpenedWorkflow) -> None:
    """Read it again after a change within the request."""
    workflow.__dict__.pop("stored_for_form", None)
