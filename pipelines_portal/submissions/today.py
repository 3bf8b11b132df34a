"""Who of those that a lead looks after sent how much, from the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission, Submissions
from pipelines_portal.workflows.models import OpenedWorkflow

# So many people are a page's worth.
MOST = 50
OF_PERSON = ("owner__name", "owner__email")
UNKNOWN = Q(status=Submission.Status.UNCONFIRMED)


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
    """By person, most tasks first: what the lead may see of what was sent to the workflow, or with any of the keys."""
    found = Submission.objects.visible_to(lead).filter(created_at__gte=moment)
    if workflow is None:
        found = found.filter(key__in=list(keys))
    else:
        found = found.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    return [Sent(User(pk=pk, name=name, email=email), *sums) for pk, name, email, *sums in _sums(found)]


def _sums(found: Submissions) -> QuerySet[Submission, tuple[Any, ...]]:
    """As Sent has them."""
    by_person = found.exclude(status=Submission.Status.DRAFT).order_by().values_list("owner", *OF_PERSON)
    sums: Any = by_person.annotate(
        created=Sum("success_count"), rejected=Sum("error_count"), unknown=Count("pk", filter=UNKNOWN),
        last=Max("created_at"),
    )  # fmt: skip
    return sums.order_by("-created", "-last")[:MOST]  # type: ignore[no-any-return]
