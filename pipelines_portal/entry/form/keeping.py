"""Which fields stay filled in for the next task."""

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.core.looking_again import digest_of
from pipelines_portal.entry.form.at_hand import at_hand, look_again
from pipelines_portal.entry.models.form import KeptFields
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow


def kept_names(owner: User, workflow: OpenedWorkflow, schema: Schema) -> set[str]:
    """What the person said last; before they ever did, the choices: texts change most."""
    said = at_hand(owner, workflow).kept_names
    return set(said) if said is not None else {field.name for field in schema.fields if type_of(field).stays_filled_in}


def mark_of(names: Iterable[str]) -> str:
    """Goes with the form: whoever changed none of its boxes has nothing to be written down."""
    return digest_of(sorted(names))


def remember_kept(owner: User, workflow: OpenedWorkflow, schema: Schema, posted: QueryDict) -> None:
    """As the boxes at the fields say, where the form came with them."""
    if "keeps" not in posted:
        return
    known = {field.name for field in schema.fields}
    names = sorted(known.intersection(posted.getlist("keep")))
    if posted["keeps"] != mark_of(names) and set(names) != kept_names(owner, workflow, schema):
        place: dict[str, Any] = {"owner": owner, "key": workflow.key, "workflow_id": workflow.workflow_id}
        KeptFields.objects.update_or_create(**place, defaults={"names": names})
        look_again(workflow)
