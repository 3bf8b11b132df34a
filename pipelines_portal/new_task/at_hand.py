"""What is kept for a person's form, asked for at once: which fields stay, and whether there are a draft and presets."""

from typing import NamedTuple

from pipelines_portal.accounts.models import User
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import KeptFields, Preset, TypedDraft


class AtHand(NamedTuple):
    # None before the person ever said which.
    kept_names: list[str] | None
    has_draft: bool
    has_presets: bool


def at_hand(person: User, workflow: OpenedWorkflow) -> AtHand:
    """As first asked of this `workflow`, which one request has for itself."""
    known: dict[int, AtHand] = workflow.__dict__.setdefault("at_hand", {})
    if person.pk not in known:
        place = {"key": workflow.key_id, "workflow_id": workflow.workflow_id}
        kept = KeptFields.objects.filter(**place, owner=person).values_list("names", flat=True).first()
        has_draft = TypedDraft.objects.filter(**place, owner=person).exists()
        known[person.pk] = AtHand(kept, has_draft, Preset.objects.offered_to(person).filter(**place).exists())
    return known[person.pk]


def look_again(workflow: OpenedWorkflow) -> None:
    """What is kept was changed within the request."""
    workflow.__dict__.pop("at_hand", None)
