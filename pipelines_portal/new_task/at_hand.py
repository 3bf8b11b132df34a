"""What is kept for a person's form, asked for at once: which fields stay, and whether there are a draft and presets."""

from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.prepared import Given, prepared
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
        found = _at_hand.first(person=person.pk, workflow=workflow.pk)
        known[person.pk] = AtHand._make(found) if found else AtHand(None, has_draft=False, has_presets=False)
    return known[person.pk]


def look_again(workflow: OpenedWorkflow) -> None:
    """What is kept was changed within the request."""
    workflow.__dict__.pop("at_hand", None)


@prepared(person=BigIntegerField(), workflow=BigIntegerField())
def _at_hand(person: Given, workflow: Given) -> QuerySet[OpenedWorkflow, tuple[Any, ...]]:
    place = {"key": OuterRef("key"), "workflow_id": OuterRef("workflow_id")}
    kept = KeptFields.objects.filter(**place, owner=person).order_by().values("names")[:1]
    presets = Preset.objects.filter(Q(author=person) | Q(is_shared=True), **place)
    return OpenedWorkflow.objects.filter(pk=workflow).values_list(
        Subquery(kept), Exists(TypedDraft.objects.filter(**place, owner=person)), Exists(presets)
    )
