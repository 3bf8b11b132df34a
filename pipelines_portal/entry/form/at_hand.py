"""What is stored for a person's form: which fields stay filled in, and whether there are a draft and presets."""

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import StoredForForm, read_stored
from pipelines_portal.workflows.models import OpenedWorkflow


def at_hand(person: User, workflow: OpenedWorkflow) -> StoredForForm:
    """As first asked of this `workflow`, which one request has for itself."""
    known: dict[int, StoredForForm] = workflow.__dict__.setdefault("at_hand", {})
    if person.pk not in known:
        known[person.pk] = read_stored(person, workflow)
    return known[person.pk]


def look_again(workflow: OpenedWorkflow) -> None:
    """What is kept was changed within the request."""
    workflow.__dict__.pop("at_hand", None)
