"""Values under a name, to start from: one's own, or for all who use the key."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.at_hand import at_hand
from pipelines_portal.entry.models.form import Preset, Presets
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

# In a menu; all others are found by their names.
MOST_SHOWN = 12
LONGEST_NAME = 100


@dataclass(frozen=True)
class OfferedPresets:
    mine: list[Preset]
    shared: list[Preset]
    # Of those, what the person may rename or delete.
    changeable: set[int]
    # What was looked for in their names.
    wanted: str = ""
    # There are more than are shown.
    is_cut: bool = False


def offered_presets(person: User, workflow: OpenedWorkflow, wanted: str = "") -> OfferedPresets:
    """Those whose name holds `wanted`, without their values, which take time to open."""
    if not at_hand(person, workflow).has_presets:
        return OfferedPresets([], [], set())
    named = _of(workflow).offered_to(person).filter(name__icontains=wanted)
    found = list(named.select_related("author", "key").defer("fields")[: MOST_SHOWN + 1])
    offered, is_cut = found[:MOST_SHOWN], len(found) > MOST_SHOWN
    shared = [preset for preset in offered if preset.is_shared]
    mine = [preset for preset in offered if not preset.is_shared]
    is_owner = workflow.key.owner_id == person.pk
    changeable = {each.pk for each in offered if is_owner or each.author_id == person.pk}
    return OfferedPresets(mine, shared, changeable, wanted, is_cut)


def changeable_preset(person: User, workflow: OpenedWorkflow, preset_id: int) -> Preset:
    """To rename or delete it: its author, and the owner of the key for a shared one; 404 for all others."""
    return get_object_or_404(_of(workflow).changed_by(person).select_related("author"), pk=preset_id)


def save_preset(
    author: User, workflow: OpenedWorkflow, name: str, fields: FieldValues, *, is_shared: bool
) -> tuple[Preset, bool]:
    """And whether it is new: one of the same name by the same person, for the same people, is replaced."""
    place: dict[str, Any] = {"key": workflow.key, "workflow_id": workflow.workflow_id, "author": author}
    return Preset.objects.update_or_create(**place, name=name, is_shared=is_shared, defaults={"fields": fields})


def rename_preset(preset: Preset, name: str) -> bool:
    """False where its author has another of that name, for the same people."""
    try:
        with transaction.atomic():
            Preset.objects.filter(pk=preset.pk).update(name=name)
    except IntegrityError:
        return False
    return True


def wrong_name(name: str) -> str:
    """What is wrong with a preset's name; "" when nothing."""
    if not name:
        return "Give the preset a name."
    if "\0" in name:
        return "Use no invisible characters."
    return f"Use at most {LONGEST_NAME} characters." if len(name) > LONGEST_NAME else ""


def _of(workflow: OpenedWorkflow) -> Presets:
    return Preset.objects.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
