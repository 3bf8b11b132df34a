"""The workflow of a page, for people who may use its key."""

from django.http import Http404
from django.urls import reverse

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.keys.permissions import usable_key
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.reads import read_usable_workflow

# The most options of a select.
MOST_CHOICES = 200


class NotOpened(Http404):
    """The person may use the key, but nobody has opened this workflow with it. The 404 page offers to open it."""

    def __init__(self, key: SavedKey, workflow_id: int) -> None:
        super().__init__()
        self.title = f"Workflow {workflow_id} isn’t in your list"
        self.sentence = f"Add it with the key “{key.name}” to see its tasks."
        self.action = "Add it"
        self.address = f"{reverse('workflows:list', args=[key.pk])}?open={workflow_id}"


def usable_workflow(user: User, key_id: int, workflow_id: int) -> OpenedWorkflow:
    """Return the workflow as that key opened it, if the person may use the key.

    Raise Http404 as `usable_key` does, or NotOpened.
    """
    workflow = read_usable_workflow(user, key_id, workflow_id)
    if workflow is None:
        raise NotOpened(usable_key(user, key_id), workflow_id)
    workflow.key.on_behalf_of(user)
    return workflow


def may_write_notes(user: User, workflow: OpenedWorkflow) -> bool:
    """Return whether a user of the key may write notes: its owner, or a lead of a team that it is shared with."""
    if not user.may_send:
        return False
    led = Membership.objects.filter(user=user, is_lead=True).values("team")
    return workflow.key.owner_id == user.pk or KeyShare.objects.filter(key=workflow.key_id, team__in=led).exists()


def note_writers(key: SavedKey) -> list[User]:
    """Return the people who may write notes for the workflows of a key, its owner first."""
    leads = User.objects.filter(memberships__is_lead=True, memberships__team__in=key.shares.values("team"))
    writers = dict.fromkeys([key.owner, *leads.filter(is_active=True).order_by("pk").distinct()])
    return [person for person in writers if person.is_active and person.may_send]


def require_notes_right(user: User, workflow: OpenedWorkflow) -> None:
    if not may_write_notes(user, workflow):
        raise NotAllowed("Only the owner of this key and leads of its teams can write instructions.")


def opened_workflow(key: SavedKey, workflow_id: int) -> OpenedWorkflow:
    """Return the workflow as this key opened it. Raise NotOpened, a 404."""
    found = OpenedWorkflow.objects.select_related("key").filter(key=key, workflow_id=workflow_id).first()
    if found is None:
        raise NotOpened(key, workflow_id)
    return found


def workflow_choices(user: User) -> list[tuple[str, str]]:
    """Return the choices of a select, by name: workflows opened with keys that the person may use, each once."""
    opened = OpenedWorkflow.objects.filter(key__in=SavedKey.objects.usable_by(user).values("pk"))
    numbered = opened.values_list("workflow_id", "name")[:MOST_CHOICES]
    choices = {str(number): f"{name} ({number})" for number, name in numbered}
    return sorted(choices.items(), key=lambda choice: choice[1].lower())
