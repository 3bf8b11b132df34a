"""The three steps that Home shows until the first task exists. The last one is another for viewers."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people.invitations import person_to_ask
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass(frozen=True)
class FirstSteps:
    """How far a person has come. An empty URL is a step that cannot be made yet.

    `keys_page` is the page of Pipelines where API keys are created, if the portal's settings name it. `ask` is the
    person who can share a key, for everybody but administrators.
    """

    key_name: str = ""
    workflows: str = ""
    workflow_name: str = ""
    create: str = ""
    sample: str = ""
    keys_page: str = ""
    ask: str = ""

    @property
    def number(self) -> int:
        """The number of the step to make next."""
        if not self.key_name:
            return 1
        return 3 if self.workflow_name else 2


def first_steps(user: User, workflows: list[OpenedWorkflow], open_ones: list[OpenedWorkflow]) -> FirstSteps | None:
    """Return the steps, or None if the person has created a task already, or may create none.

    `open_ones` are the workflows in which they can create tasks.
    """
    if not workflows:
        key = SavedKey.objects.usable_by(user).order_by("name").first()
        if key is None:
            ask = "" if user.is_administrator else person_to_ask(user)
            return FirstSteps(keys_page=settings.OWN_KEYS_URL, ask=ask)
        return FirstSteps(key.name, reverse("workflows:list", args=[key.pk]))
    if not user.may_send or Submission.objects.filter(owner=user, success_count__gt=0).exists():
        return None
    workflow = next(iter(open_ones), workflows[0])
    added = FirstSteps(workflow.key.name, reverse("workflows:list", args=[workflow.key_id]), workflow.name)
    if not open_ones:
        return added
    place = [workflow.key_id, workflow.workflow_id]
    is_files = workflow.has_file_fields
    return replace(
        added,
        create=reverse("uploads:choose" if is_files else "new_task:create", args=place),
        sample="" if is_files else reverse("imports:template", args=[*place, "xlsx"]),
    )  # fmt: skip
