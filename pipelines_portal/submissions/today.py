"""Who of those that a lead looks after sent how much, from the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, Sum

from pipelines_portal.accounts.models import User
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Submission

# So many people are a page's worth.
MOST = 50
OF_PERSON = ("owner__name", "owner__email")
UNKNOWN = Q(state=Submission.State.UNKNOWN)


@dataclass(frozen=True)
class Sent:
    """What one person sent. `created` are tasks, `rejected` rows."""

    person: User
    created: int
    rejected: int
    unknown: int
    last: datetime


def sent_since(
    lead: User, moment: datetime, workflow: OpenedWorkflow | None = None, keys: Iterable[int] = ()
) -> list[Sent]:
    """By person, most tasks first: as far as the lead may see it, to the workflow alone or with any of the keys."""
    keys = [workflow.key_id] if workflow else keys
    found = Submission.objects.visible_to(lead).filter(key__in=keys, created_at__gte=moment)
    if workflow:
        found = found.filter(workflow_id=workflow.workflow_id)
    sums = found.exclude(state=Submission.State.DRAFT).order_by().values("owner", *OF_PERSON).annotate(
        created=Sum("success_count"), rejected=Sum("error_count"), last=Max("created_at"),
        unknown=Count("pk", filter=UNKNOWN),
    )  # fmt: skip
    rows = list(sums.order_by("-created", "-last")[:MOST])
    return [Sent(_person(row), row["created"], row["rejected"], row["unknown"], row["last"]) for row in rows]


def _person(row: dict[str, Any]) -> User:
    """What a line says of them."""
    return User(pk=row["owner"], name=row["owner__name"], email=row["owner__email"])
