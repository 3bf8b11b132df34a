"""Who of those that a lead looks after sent how much, from the ledger."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, Sum

from pipelines_portal.accounts.models import User
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Submission
from .team import keys_looked_after

# So many people are a page's worth.
MOST = 50
UNKNOWN = Q(state=Submission.State.UNKNOWN)


@dataclass(frozen=True)
class Sent:
    """What one person sent. `created` are tasks, `rejected` rows."""

    person: User
    created: int
    rejected: int
    unknown: int
    last: datetime


def sent_since(lead: User, moment: datetime, workflow: OpenedWorkflow | None = None) -> list[Sent]:
    """By person, most tasks first: as far as the lead may see it, and to the workflow alone where one is given."""
    keys = [workflow.key_id] if workflow else list(keys_looked_after(lead).values_list("pk", flat=True))
    found = Submission.objects.visible_to(lead).filter(key__in=keys, created_at__gte=moment)
    if workflow:
        found = found.filter(workflow_id=workflow.workflow_id)
    sums = found.exclude(state=Submission.State.DRAFT).order_by().values("owner").annotate(
        created=Sum("success_count"), rejected=Sum("error_count"), last=Max("created_at"),
        unknown=Count("pk", filter=UNKNOWN),
    )  # fmt: skip
    rows = list(sums.order_by("-created", "-last")[:MOST])
    people = User.objects.in_bulk([row["owner"] for row in rows])
    return [Sent(people[row["owner"]], row["created"], row["rejected"], row["unknown"], row["last"]) for row in rows]
