"""Who of those that a lead looks after sent how much, from the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Count, DateTimeField, Max, Q, QuerySet, Sum

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.prepared import NUMBERS, Asked, Given, prepared
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Submission, Submissions

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


def sent_asked(
    lead: User, moment: datetime, workflow: OpenedWorkflow | None = None, keys: Iterable[int] = ()
) -> Asked[tuple[Any, ...]]:
    """What `sent_in` is to be given: as far as the lead may see it, to the workflow alone or with any of the keys."""
    if workflow is None:
        return _sent_with.asked(lead=lead.pk, keys=list(keys), since=moment)
    return _sent_to.asked(lead=lead.pk, key=workflow.key_id, workflow=workflow.workflow_id, since=moment)


def sent_in(rows: Iterable[tuple[Any, ...]]) -> list[Sent]:
    """By person, most tasks first."""
    return [Sent(User(pk=pk, name=name, email=email), *sums) for pk, name, email, *sums in rows]


@prepared(lead=BigIntegerField(), keys=NUMBERS, since=DateTimeField())
def _sent_with(lead: Given, keys: Given, since: Given) -> QuerySet[Submission, tuple[Any, ...]]:
    return _sums(Submission.objects.visible_to(lead).filter(key__in=keys, created_at__gte=since))


@prepared(lead=BigIntegerField(), key=BigIntegerField(), workflow=BigIntegerField(), since=DateTimeField())
def _sent_to(lead: Given, key: Given, workflow: Given, since: Given) -> QuerySet[Submission, tuple[Any, ...]]:
    there = Submission.objects.visible_to(lead).filter(key=key, workflow_id=workflow)
    return _sums(there.filter(created_at__gte=since))


def _sums(found: Submissions) -> QuerySet[Submission, tuple[Any, ...]]:
    """As Sent has them."""
    by_person = found.exclude(state=Submission.State.DRAFT).order_by().values_list("owner", *OF_PERSON)
    sums: Any = by_person.annotate(
        created=Sum("success_count"), rejected=Sum("error_count"), unknown=Count("pk", filter=UNKNOWN),
        last=Max("created_at"),
    )  # fmt: skip
    return sums.order_by("-created", "-last")[:MOST]  # type: ignore[no-any-return]
